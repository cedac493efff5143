// The plans of the layer types of a plain GRU model, and of the other recurrent ones, which run by the same kernels: in
// `webgru/webgpu` itself. All others are in list.ts.

export { densePlan as dense } from "./dense.js";
export { embeddingPlan as embedding } from "./embedding.js";
export { gruPlan as gru } from "./gru.js";
export { lastPlan as last } from "./last.js";
export { lstmPlan as lstm } from "./lstm.js";
export { rnnPlan as rnn } from "./rnn.js";
