// A layer on the CPU: its weights are laid out once, then it turns frames at one address into frames at another. It does so
// in WebAssembly, or in plain JavaScript on the same memory: layers of both kinds follow each other.

import type { CpuMemory } from "./cpuMemory.js";
import type { WasmFunctions } from "./wasmModule.js";

/** Steps of some rows that go through one layer before the next; for a layer, those of its input. */
export interface Chunk {
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
  readonly chunk: Chunk;
  /** [B] i32, rows of the batch, the longest first. */
  readonly order: number;
  /** [B] i32, steps of each row, in the same order. */
  readonly lengths: number;
  /** Work space, of `workFloats` elements, which the next layer overwrites. */
  readonly work: number;
}

/** A layer with its weights laid out. */
export interface CpuLayer {
  /** Rows that go through its weights for each frame of a step; 1 when absent. */
  readonly rowsPerFrame?: number;
  /** Elements of work space for up to `maxRows` rows of the batch and `maxTimeRows` rows of all steps; 0 when absent. */
  workFloats?(maxRows: number, maxTimeRows: number): number;
  run(frames: Frames): void;
  /**
   * Takes the next state of a layer that does not make its own, after all layers have made a step.
   *
   * @param x address of [B, xStride]
   */
  keep?(x: number, xStride: number, chunk: Chunk): void;
}

/** The runner that a layer is made for. */
export interface CpuTarget {
  readonly memory: CpuMemory;
  /** The module's functions; null where WebAssembly was refused. */
  readonly wasm: WasmFunctions | null;
  /** The element of a row's state at which each block of the layer's state begins, or of the layer's whose state it reads, by the block's name. */
  readonly stateStarts: Readonly<Record<string, number>>;
  /** The layer's weights in matrices, counted while they are written, and those of zero blocks, which are left out. */
  readonly weights: { total: number; skipped: number };
}
