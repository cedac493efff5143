// The layer types on the CPU, by the type's name. A new one is its file here, and a line.

export { createCarry as carry } from "./carry.js";
export { createConv as conv } from "./conv.js";
export { createDense as dense } from "./dense.js";
export { createEmbedding as embedding } from "./embedding.js";
export { createGru as gru } from "./gru.js";
export { createLast as last } from "./last.js";
export { createLstm as lstm } from "./lstm.js";
export { createMap as map } from "./map.js";
export { createNorm as norm } from "./norm.js";
export { createPool as pool } from "./pool.js";
export { createRearrange as rearrange } from "./rearrange.js";
export { createReduce as reduce } from "./reduce.js";
export { createRnn as rnn } from "./rnn.js";
