import { numDirections } from "../layers/direction.js";
import type { GruLayer } from "../layers/gru.js";
import { writeActivation } from "./activation.js";
import type { CpuLayer, CpuTarget, Frames } from "./cpuLayer.js";
import { type CpuMemory, LINE_BYTES, roundUp } from "./cpuMemory.js";
import { OUTPUTS_TOGETHER, type Rows, sliceRows, writeMatrix } from "./matrix.js";
import { matvec } from "./matvec.js";
import { PlainGruCell } from "./plainGruCell.js";
import { writeStruct } from "./struct.js";

/** Cell of wasm/gru.ts, which says what the fields mean. */
export const CELL = {
  hiddenSize: "i32",
  resetAfter: "i32",
  isReverse: "i32",
  recurrent: "i32",
  recurrentNew: "i32",
  gateActivation: "i32",
  newActivation: "i32",
  clip: "f32",
} as const;

declare module "./wasmModule.js" {
  interface WasmFunctions {
    recur(
      cell: number,
      projection: number,
      projectionStride: number,
      h: number,
      order: number,
      lengths: number,
      numRows: number,
      output: number,
      outputStride: number,
      scratch: number,
    ): void;
    recurScratchBytes(cell: number, numRows: number): number;
  }
}

/** The input's product of all steps, then one direction after the other through the steps, all rows together. */
export function createGru(layer: GruLayer, target: CpuTarget): CpuLayer {
  const { memory, wasm, stateStarts } = target;
  if (wasm === null) return createPlainGru(layer, target);
  const { hiddenSize, inputSize: numColumns, storage, weight, weightScale: scale, bias } = layer;
  const numGateRows = 3 * hiddenSize * numDirections(layer);
  const matrix = writeMatrix(memory, { storage, numRows: numGateRows, numColumns, weight, scale, bias });
  const cells = Array.from({ length: numDirections(layer) }, (_, d) => writeCell(memory, layer, d));
  const stride = roundUp(numGateRows, OUTPUTS_TOGETHER);
  const hiddenStride = roundUp(hiddenSize, 4);
  // Work space is h of each row, the functions' scratch, and the projections. Each begins at a cache line.
  const hiddenBytes = (numRows: number) => roundUp(4 * numRows * hiddenStride, LINE_BYTES);
  const scratchBytes = (numRows: number) => {
    return roundUp(Math.max(wasm.productScratchBytes(matrix), wasm.recurScratchBytes(cells[0]!, numRows)), LINE_BYTES);
  };

  return {
    workFloats: (maxRows, maxTimeRows) => (hiddenBytes(maxRows) + scratchBytes(maxRows)) / 4 + maxTimeRows * stride,
    run({ x, xStride, numRows: numTimeRows, output, outputStride, order, lengths, work, chunk: { states } }) {
      const numRows = states.length;
      const hidden = work;
      const scratch = hidden + hiddenBytes(numRows);
      const projection = scratch + scratchBytes(numRows);
      wasm.product(projection, stride, x, xStride, matrix, numTimeRows, scratch);
      const { f32, i32 } = memory;
      for (let d = 0; d < cells.length; d++) {
        const start = stateStarts.h! + d * hiddenSize;
        for (let m = 0; m < numRows; m++) {
          const state = states[i32[order / 4 + m]!]!;
          f32.set(state.subarray(start, start + hiddenSize), hidden / 4 + m * hiddenStride);
        }
        const ownProjection = projection + 4 * d * 3 * hiddenSize;
        const ownOutput = output + 4 * d * hiddenSize;
        wasm.recur(cells[d]!, ownProjection, stride, hidden, order, lengths, numRows, ownOutput, outputStride, scratch);
        for (let m = 0; m < numRows; m++) {
          const from = hidden / 4 + m * hiddenStride;
          states[i32[order / 4 + m]!]!.set(f32.subarray(from, from + hiddenSize), start);
        }
      }
    },
  };
}

/** Writes one direction of a layer. @returns address of the Cell */
function writeCell(memory: CpuMemory, layer: GruLayer, direction: number): number {
  const { hiddenSize, resetAfter, storage } = layer;
  const all: Rows = {
    storage,
    numRows: 0,
    numColumns: hiddenSize,
    weight: layer.recurrentWeight,
    scale: layer.recurrentWeightScale,
    bias: layer.recurrentBias,
  };
  const start = 3 * hiddenSize * direction;
  const [newStart, end] = [start + 2 * hiddenSize, start + 3 * hiddenSize];
  return writeStruct(memory, CELL, {
    hiddenSize,
    resetAfter: Number(resetAfter),
    isReverse: Number(layer.direction === "reverse" || direction === 1),
    recurrent: writeMatrix(memory, sliceRows(all, start, resetAfter ? end : newStart)),
    recurrentNew: resetAfter ? 0 : writeMatrix(memory, sliceRows(all, newStart, end)),
    gateActivation: writeActivation(memory, layer.gateActivation),
    newActivation: writeActivation(memory, layer.newActivation),
    clip: layer.clip ?? Infinity,
  });
}

function createPlainGru(layer: GruLayer, { memory, stateStarts }: CpuTarget): CpuLayer {
  const { inputSize, hiddenSize, direction, weight, bias } = layer;
  const numGateRows = 3 * hiddenSize * numDirections(layer);
  const cells = PlainGruCell.of(layer);
  return {
    workFloats: (_, maxTimeRows) => maxTimeRows * numGateRows,
    run({ x, xStride, output, outputStride, numRows, work, chunk: { numSteps, states, lengths } }: Frames) {
      const { f32 } = memory;
      const projection = work / 4;
      for (let row = 0; row < numRows; row++) {
        const start = projection + row * numGateRows;
        matvec(f32, start, weight, bias, f32, x / 4 + row * xStride, numGateRows, inputSize);
      }
      cells.forEach((cell, d) => {
        const isReverse = direction === "reverse" || d === 1;
        const h = stateStarts.h! + d * hiddenSize;
        states.forEach((state, row) => {
          const length = lengths?.[row] ?? numSteps;
          for (let step = 0; step < length; step++) {
            const timeRow = (isReverse ? length - 1 - step : step) * states.length + row;
            cell.step(f32, projection + timeRow * numGateRows + d * 3 * hiddenSize, state, h);
            // Not by `set`, whose `subarray` would cost a small layer as much as its step.
            const to = output / 4 + timeRow * outputStride + d * hiddenSize;
            for (let i = 0; i < hiddenSize; i++) f32[to + i] = state[h + i]!;
          }
        });
      });
    },
  };
}
