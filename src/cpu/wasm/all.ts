// The WebAssembly module of models with layers of any type: the functions of index.ts, and more. A layer type's own functions
// get a line here.

export * from "./index";
export { convolve, convolveDepthwise, convolveWorkFloats, depthwiseWorkFloats } from "./conv";
export { mapRows } from "./map";
export { normRows } from "./norm";
export { pool } from "./pool";
export { recurLstm, recurRnn } from "./recurrent";
export { reduceRows } from "./reduce";
