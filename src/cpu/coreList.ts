// The layer types of a plain GRU model on the CPU, which are in `webgru/cpu` itself. All others are in list.ts.

export { createDense as dense } from "./dense.js";
export { createEmbedding as embedding } from "./embedding.js";
export { createGru as gru } from "./gru.js";
export { createLast as last } from "./last.js";
