// The WebAssembly module of the CPU path. It is compiled twice, with relaxed SIMD and without. JavaScript lays out the
// memory, and calls a function or two for each layer of a chunk of steps.

export { convolve, convolveDepthwise, convolveWorkFloats, depthwiseWorkFloats } from "./conv";
export { recur, recurScratchBytes } from "./gru";
export { mapRows } from "./map";
export { pool } from "./pool";
export { product, productScratchBytes } from "./product";
export { reduceRows } from "./reduce";
export { activateRows, softmaxRows } from "./rows";
