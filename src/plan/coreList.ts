// The plans of the layer types of a plain GRU model, which are in `webgru/webgpu` itself. All others are in list.ts.

export { densePlan as dense } from "./dense.js";
export { embeddingPlan as embedding } from "./embedding.js";
export { gruPlan as gru } from "./gru/gruPlan.js";
export { lastPlan as last } from "./last.js";
