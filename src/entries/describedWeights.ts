// A file of its own, which webgru/keras fetches: models that say themselves how they are wired do without.

export { networkOfWeights } from "../formats/keras/describedWeights.js";
