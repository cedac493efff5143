// The WebAssembly module of the CPU path. It is compiled twice, with relaxed SIMD and without; JavaScript (wasmRunner.ts)
// lays out the memory, and calls it once for each layer of a piece of a sequence.

export { recur } from "./gru";
export { product } from "./product";
export { activateRows, softmaxRows } from "./rows";
