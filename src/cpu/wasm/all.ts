// The WebAssembly module of models with layers of any type: the functions of index.ts, and more. A layer type's own functions
// get a line here.

export * from "./index";
export { convolve, convolveWorkFloats } from "./conv";
export { convolveDepthwise, depthwiseWorkFloats } from "./depthwise";
export { mapRows } from "./map";
export { convolveMirrored, mirroredWorkFloats } from "./mirroredConv";
export { normRows } from "./norm";
export { pool } from "./pool";
export { rearrangeRows } from "./rearrange";
export { recurLstm, recurRnn } from "./recurrent";
export { reduceRows } from "./reduce";
export { convolveTransposed, transposedWorkFloats } from "./transposedConv";
