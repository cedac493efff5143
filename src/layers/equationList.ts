// The layer types' float64 equations, by the type's name.

export { aggregateEquation as aggregate } from "./aggregate.js";
export { attentionEquation as attention } from "./attention.js";
export { carryEquation as carry } from "./carry.js";
export { convEquation as conv } from "./conv.js";
export { denseEquation as dense } from "./dense.js";
export { embeddingEquation as embedding } from "./embedding.js";
export { flattenEquation as flatten } from "./flatten.js";
export { gruEquation as gru } from "./gru.js";
export { lastEquation as last } from "./last.js";
export { lstmEquation as lstm } from "./lstm.js";
export { mapEquation as map } from "./map.js";
export { normEquation as norm } from "./norm.js";
export { poolEquation as pool } from "./pool.js";
export { rearrangeEquation as rearrange } from "./rearrange.js";
export { reduceEquation as reduce } from "./reduce.js";
export { rnnEquation as rnn } from "./rnn.js";
