// The layer types, by the name that a description has for them. A new one is its file here and a line; likewise in
// equationList.ts, plan/list.ts and cpu/list.ts.

export { aggregate } from "./aggregate.js";
export { attention } from "./attention.js";
export { carry } from "./carry.js";
export { conv } from "./conv.js";
export { dense } from "./dense.js";
export { embedding } from "./embedding.js";
export { flatten } from "./flatten.js";
export { gru } from "./gru.js";
export { last } from "./last.js";
export { lstm } from "./lstm.js";
export { map } from "./map.js";
export { norm } from "./norm.js";
export { pool } from "./pool.js";
export { rearrange } from "./rearrange.js";
export { reduce } from "./reduce.js";
export { rnn } from "./rnn.js";
