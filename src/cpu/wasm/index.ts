// The WebAssembly module of plain GRU models. It is compiled twice, with relaxed SIMD and without. JavaScript lays out the memory,
// and calls a function or two for each layer of a chunk of steps.

export { product } from "./product";
export { recurGru, recurScratchBytes } from "./recurrent";
export { activateRows, softmaxRows } from "./rows";
