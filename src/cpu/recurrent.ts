// Recurrent layers of any type: the input's product of all steps, then one direction after the other through the steps. In
// WebAssembly all rows go together, in plain JavaScript one row after the other.

import type { Activation } from "../layers/activation.js";
import { type Direction, numDirections } from "../layers/direction.js";
import type { LayerBase } from "../layers/layerType.js";
import { writeActivation } from "./activation.js";
import type { CpuLayer, CpuTarget, Frames } from "./cpuLayer.js";
import { LINE_BYTES, roundUp } from "./cpuMemory.js";
import { OUTPUTS_TOGETHER, type Rows, sliceRows, writeMatrix } from "./matrix.js";
import { matvec } from "./matvec.js";
import { writeStruct } from "./struct.js";
import type { WasmFunctions } from "./wasmModule.js";

/** Cell of wasm/cell.ts, which says what the fields mean. */
export const CELL = {
  hiddenSize: "i32",
  numGates: "i32",
  resetAfter: "i32",
  isReverse: "i32",
  recurrent: "i32",
  recurrentNew: "i32",
  gateActivation: "i32",
  newActivation: "i32",
  outputActivation: "i32",
  clip: "f32",
} as const;

type Recur = (
  cell: number,
  projection: number,
  projectionStride: number,
  state: number,
  order: number,
  lengths: number,
  numRows: number,
  output: number,
  outputStride: number,
  scratch: number,
) => void;

declare module "./wasmModule.js" {
  interface WasmFunctions {
    recurGru: Recur;
    recurLstm: Recur;
    recurRnn: Recur;
    recurScratchBytes(cell: number, numRows: number): number;
  }
}

/** The parts that all recurrent layers have. */
interface Recurrent extends LayerBase {
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly direction: Direction;
  readonly clip: number | null;
  readonly weight: Float32Array;
  readonly recurrentWeight: Float32Array;
  readonly bias: Float32Array | null;
  readonly recurrentBias: Float32Array | null;
}

/**
 * One step of one row of one direction in plain JavaScript.
 *
 * @param x first element of W x + b of all gates in `projection`
 * @param state of the row, advanced in place
 */
export type PlainStep = (projection: Float32Array, x: number, state: Float32Array) => void;

/** A layer type's own part. */
export interface CellType {
  /** The function of wasm/recurrent.ts. */
  readonly recur: "recurGru" | "recurLstm" | "recurRnn";
  readonly numGates: number;
  /** Gates of the first product of a step; those after them have a second one, where the first gates its state. */
  readonly numFirstGates?: number;
  readonly functions: Readonly<Record<"gateActivation" | "newActivation" | "outputActivation", Activation>>;
  /** @param starts the element of a row's state at which each block of this direction begins, by the block's name */
  plainStep(direction: number, starts: Readonly<Record<string, number>>): PlainStep;
}

export function createRecurrent(layer: Recurrent, cellType: CellType, target: CpuTarget): CpuLayer {
  return target.wasm === null ? createPlain(layer, cellType, target) : createFast(layer, cellType, target, target.wasm);
}

function createFast(layer: Recurrent, cellType: CellType, target: CpuTarget, wasm: WasmFunctions): CpuLayer {
  const { memory } = target;
  const { hiddenSize, inputSize: numColumns, storage, weight, bias } = layer;
  const recur = wasm[cellType.recur];
  const ownRows = cellType.numGates * hiddenSize;
  const numRows = ownRows * numDirections(layer);
  const matrix = writeMatrix(target, { storage, numRows, numColumns, weight, bias });
  const cells = Array.from({ length: numDirections(layer) }, (_, d) => writeCell(target, layer, cellType, d));
  const stride = roundUp(numRows, OUTPUTS_TOGETHER);
  const blocks = Object.values(target.stateStarts);
  const hiddenStride = roundUp(hiddenSize, 4);
  // Work space is the state of each row, the functions' scratch, and the projections. Each begins at a cache line.
  const stateBytes = (rows: number) => roundUp(4 * blocks.length * rows * hiddenStride, LINE_BYTES);
  const scratchBytes = (rows: number) => roundUp(wasm.recurScratchBytes(cells[0]!, rows), LINE_BYTES);

  return {
    workFloats: (maxRows, maxTimeRows) => (stateBytes(maxRows) + scratchBytes(maxRows)) / 4 + maxTimeRows * stride,
    run({ x, xStride, numRows: numTimeRows, output, outputStride, order, lengths, work, chunk: { states } }) {
      const scratch = work + stateBytes(states.length);
      const projection = scratch + scratchBytes(states.length);
      wasm.product(projection, stride, x, xStride, matrix, numTimeRows);
      const { f32, i32 } = memory;
      for (let d = 0; d < cells.length; d++) {
        for (let b = 0, at = work / 4; b < blocks.length; b++) {
          const start = blocks[b]! + d * hiddenSize;
          for (let m = 0; m < states.length; m++, at += hiddenStride) {
            f32.set(states[i32[order / 4 + m]!]!.subarray(start, start + hiddenSize), at);
          }
        }
        const ownProjection = projection + 4 * d * ownRows;
        const ownOutput = output + 4 * d * hiddenSize;
        const { length } = states;
        recur(cells[d]!, ownProjection, stride, work, order, lengths, length, ownOutput, outputStride, scratch);
        for (let b = 0, at = work / 4; b < blocks.length; b++) {
          const start = blocks[b]! + d * hiddenSize;
          for (let m = 0; m < states.length; m++, at += hiddenStride) {
            states[i32[order / 4 + m]!]!.set(f32.subarray(at, at + hiddenSize), start);
          }
        }
      }
    },
  };
}

/** Writes one direction of a layer. @returns address of the Cell */
function writeCell(target: CpuTarget, layer: Recurrent, cellType: CellType, direction: number): number {
  const { memory } = target;
  const { hiddenSize, storage } = layer;
  const { numGates, numFirstGates = numGates, functions } = cellType;
  const all: Rows = {
    storage,
    numRows: 0,
    numColumns: hiddenSize,
    weight: layer.recurrentWeight,
    bias: layer.recurrentBias,
  };
  const start = numGates * hiddenSize * direction;
  const [middle, end] = [start + numFirstGates * hiddenSize, start + numGates * hiddenSize];
  return writeStruct(memory, CELL, {
    hiddenSize,
    numGates,
    resetAfter: Number(numFirstGates === numGates),
    isReverse: Number(isReverse(layer, direction)),
    recurrent: writeMatrix(target, sliceRows(all, start, middle)),
    recurrentNew: middle === end ? 0 : writeMatrix(target, sliceRows(all, middle, end)),
    gateActivation: writeActivation(memory, functions.gateActivation),
    newActivation: writeActivation(memory, functions.newActivation),
    outputActivation: writeActivation(memory, functions.outputActivation),
    clip: layer.clip ?? Infinity,
  });
}

function createPlain(layer: Recurrent, cellType: CellType, { memory, stateStarts }: CpuTarget): CpuLayer {
  const { inputSize, hiddenSize, weight, bias } = layer;
  const ownRows = cellType.numGates * hiddenSize;
  const size = ownRows * numDirections(layer);
  const directions = Array.from({ length: numDirections(layer) }, (_, d) => {
    const starts = Object.fromEntries(Object.entries(stateStarts).map(([name, at]) => [name, at + d * hiddenSize]));
    return { step: cellType.plainStep(d, starts), h: starts["h"]!, reverse: isReverse(layer, d) };
  });
  return {
    workFloats: (_, maxTimeRows) => maxTimeRows * size,
    run({ x, xStride, output, outputStride, numRows, work, chunk: { numSteps, states, lengths } }: Frames) {
      const { f32 } = memory;
      const projection = work / 4;
      for (let row = 0; row < numRows; row++) {
        matvec(f32, projection + row * size, weight, bias, f32, x / 4 + row * xStride, size, inputSize);
      }
      directions.forEach(({ step: advance, h, reverse }, d) => {
        states.forEach((state, row) => {
          const length = lengths?.[row] ?? numSteps;
          for (let step = 0; step < length; step++) {
            const timeRow = (reverse ? length - 1 - step : step) * states.length + row;
            advance(f32, projection + timeRow * size + d * ownRows, state);
            // Not by `set`, whose `subarray` would cost a small layer as much as its step.
            const to = output / 4 + timeRow * outputStride + d * hiddenSize;
            for (let i = 0; i < hiddenSize; i++) f32[to + i] = state[h + i]!;
          }
        });
      });
    },
  };
}

function isReverse(layer: Recurrent, direction: number): boolean {
  return layer.direction === "reverse" || direction === 1;
}

/**
 * Rows `first` up to `end` of R h + c of one direction, in plain JavaScript.
 *
 * @returns a function that writes them to the same elements of `out`, from a state whose element h is the first
 */
export function recurrentProduct(layer: Recurrent, direction: number, numRows: number, first = 0, end = numRows) {
  const { hiddenSize, recurrentWeight, recurrentBias } = layer;
  const start = direction * numRows + first;
  const length = end - first;
  const weight = recurrentWeight.subarray(start * hiddenSize, (start + length) * hiddenSize);
  const bias = recurrentBias && recurrentBias.subarray(start, start + length);
  return (out: Float32Array, state: Float32Array, h: number): void =>
    matvec(out, first, weight, bias, state, h, length, hiddenSize);
}

/** The argument of an activation within a layer's clip. */
export function limitOf({ clip }: { readonly clip: number | null }): (x: number) => number {
  if (clip === null) return (x) => x;
  return (x) => (x > clip ? clip : x < -clip ? -clip : x);
}
