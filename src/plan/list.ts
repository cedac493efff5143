// The plans of all layer types that are not in coreList.ts, by the type's name: the file `webgru/webgpuLayers`, which is fetched
// when a model has one of them. A new one is its file here with its shader and kernel, and a line.

export { aggregatePlan as aggregate } from "./aggregate.js";
export { attentionPlan as attention } from "./attention.js";
export { carryPlan as carry } from "./carry.js";
export { convPlan as conv } from "./conv.js";
export { flattenPlan as flatten } from "./flatten.js";
export { mapPlan as map } from "./map.js";
export { normPlan as norm } from "./norm.js";
export { recurrencePlan as onFrameAxes } from "./recurrence.js";
export { poolPlan as pool } from "./pool.js";
export { rearrangePlan as rearrange } from "./rearrange.js";
export { reducePlan as reduce } from "./reduce.js";
