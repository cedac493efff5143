// The layer types' plans, by the type's name. A new one is its file here with its shader and kernel, and a line.

export { carryPlan as carry } from "./carry.js";
export { convPlan as conv } from "./conv.js";
export { densePlan as dense } from "./dense.js";
export { embeddingPlan as embedding } from "./embedding.js";
export { gruPlan as gru } from "./gru/gruPlan.js";
export { lastPlan as last } from "./last.js";
export { lstmPlan as lstm } from "./lstm.js";
export { mapPlan as map } from "./map.js";
export { normPlan as norm } from "./norm.js";
export { poolPlan as pool } from "./pool.js";
export { rearrangePlan as rearrange } from "./rearrange.js";
export { reducePlan as reduce } from "./reduce.js";
export { rnnPlan as rnn } from "./rnn.js";
