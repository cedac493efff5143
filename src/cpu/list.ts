// All layer types on the CPU that are not in coreList.ts, by the type's name: the file `webgru/cpuLayers`, which is fetched when a
// model has one of them. A new one is its file here, and a line.

export { createAggregate as aggregate } from "./aggregate.js";
export { createAttention as attention } from "./attention.js";
export { createCarry as carry } from "./carry.js";
export { createConv as conv } from "./conv.js";
export { createFlatten as flatten } from "./flatten.js";
export { createLstm as lstm } from "./lstm.js";
export { createMap as map } from "./map.js";
export { createNorm as norm } from "./norm.js";
export { createOnFrameAxes as onFrameAxes } from "./frameAxes.js";
export { createPool as pool } from "./pool.js";
export { createRearrange as rearrange } from "./rearrange.js";
export { createReduce as reduce } from "./reduce.js";
export { createRnn as rnn } from "./rnn.js";
