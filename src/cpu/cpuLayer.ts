// What a layer type does on the CPU: it lays its weights out once, and then takes frames from one place in the memory to
// another. In WebAssembly, or in plain JavaScript on the same memory.

import type { CpuMemory } from "./cpuMemory.js";
import type { WasmFunctions } from "./wasmModule.js";

/** A piece of a sequence. */
export interface Piece {
  /** [T, B, I], or [T, B] indices */
  readonly input: Float32Array;
  readonly numSteps: number;
  /** Of each row, [D, size] of each block of state, one after the other; advanced in place. */
  readonly states: readonly Float32Array[];
  /** Steps of each row, [B]; null where all have T. */
  readonly lengths: readonly number[] | null;
}

/** Frames on their way through a layer. Addresses are bytes, strides elements. */
export interface Frames {
  /** [numRows, xStride] */
  readonly x: number;
  readonly xStride: number;
  /** [numRows, outputStride], or [B, outputStride] of a summary */
  readonly output: number;
  readonly outputStride: number;
  /** T B of a sequence, else B. */
  readonly numRows: number;
  readonly piece: Piece;
  /** [B] i32, which row of the batch each is, the longest first. */
  readonly order: number;
  /** [B] i32, steps of each, in the same order. */
  readonly lengths: number;
  /** Work space, of `workFloats` elements. */
  readonly work: number;
}

/** A layer that is laid out. */
export interface CpuLayer {
  /** Elements of work space that it takes for up to so many rows, and rows of all steps. */
  workFloats(maxRows: number, maxTimeRows: number): number;
  run(frames: Frames): void;
}

/** Where a layer is laid out. */
export interface CpuPlace {
  readonly memory: CpuMemory;
  /** The module's functions; null where there is none, and plain JavaScript does all. */
  readonly wasm: WasmFunctions | null;
  /** Where the layer's state begins in a row's. */
  readonly stateStart: number;
}
