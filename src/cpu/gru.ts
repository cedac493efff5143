import { numDirections } from "../layers/direction.js";
import type { GruLayer } from "../layers/gru.js";
import type { CpuLayer, CpuPlace, Frames } from "./cpuLayer.js";
import { matvec } from "./matvec.js";
import { PlainGruCell } from "./plainGruCell.js";
import { productFloats, ROWS_TOGETHER, roundUp, writeCell, writeMatrix } from "./wasmWeights.js";

/** A cache line: what begins on one is read in the fewest pieces. */
const LINE_FLOATS = 16;

/** The input's product of all steps, then one direction after the other through the steps, all rows together. */
export function placeGru(layer: GruLayer, place: CpuPlace): CpuLayer {
  const { memory, wasm, stateStart } = place;
  if (wasm === null) return plainGru(layer, place);
  const { hiddenSize, inputSize: numColumns, storage, weight, weightScale: scale, bias } = layer;
  const numGateRows = 3 * hiddenSize * numDirections(layer);
  const matrix = writeMatrix(memory, { storage, numRows: numGateRows, numColumns, weight, scale, bias });
  const cells = Array.from({ length: numDirections(layer) }, (_, d) => writeCell(memory, layer, d));
  const stride = roundUp(numGateRows, ROWS_TOGETHER);
  const hiddenStride = roundUp(hiddenSize, 4);
  /** Of R h + c of each row, and of r * h. */
  const sumFloats = 4 * hiddenSize + ROWS_TOGETHER + 4;
  const hiddenFloats = (numRows: number) => roundUp(numRows * hiddenStride, LINE_FLOATS);
  const scratchFloats = (numRows: number) =>
    roundUp(numRows * sumFloats + productFloats(Math.max(numColumns, hiddenSize)), LINE_FLOATS);

  return {
    workFloats: (maxRows, maxTimeRows) => hiddenFloats(maxRows) + scratchFloats(maxRows) + maxTimeRows * stride,
    run(frames) {
      const { x, xStride, numRows: numTimeRows, output, outputStride, order, lengths, work } = frames;
      const { states } = frames.piece;
      const hidden = work;
      const scratch = hidden + 4 * hiddenFloats(states.length);
      const projection = scratch + 4 * scratchFloats(states.length);
      wasm.product(projection, stride, x, xStride, matrix, numTimeRows, scratch);
      const { f32, i32 } = memory;
      for (let d = 0; d < cells.length; d++) {
        const start = stateStart + d * hiddenSize;
        for (let m = 0; m < states.length; m++) {
          const state = states[i32[order / 4 + m]!]!;
          f32.set(state.subarray(start, start + hiddenSize), hidden / 4 + m * hiddenStride);
        }
        const ownProjection = projection + 4 * d * 3 * hiddenSize;
        const ownOutput = output + 4 * d * hiddenSize;
        const numRows = states.length;
        wasm.recur(cells[d]!, ownProjection, stride, hidden, order, lengths, numRows, ownOutput, outputStride, scratch);
        for (let m = 0; m < states.length; m++) {
          const from = hidden / 4 + m * hiddenStride;
          states[i32[order / 4 + m]!]!.set(f32.subarray(from, from + hiddenSize), start);
        }
      }
    },
  };
}

function plainGru(layer: GruLayer, { memory, stateStart }: CpuPlace): CpuLayer {
  const { inputSize, hiddenSize, direction, weight, bias } = layer;
  const numGateRows = 3 * hiddenSize * numDirections(layer);
  const cells = PlainGruCell.of(layer);
  return {
    workFloats: (_, maxTimeRows) => maxTimeRows * numGateRows,
    run({ x, xStride, output, outputStride, numRows, work, piece: { numSteps, states, lengths } }: Frames) {
      const { f32 } = memory;
      const projection = work / 4;
      for (let row = 0; row < numRows; row++) {
        const start = projection + row * numGateRows;
        matvec(f32, start, weight, bias, f32, x / 4 + row * xStride, numGateRows, inputSize);
      }
      cells.forEach((cell, d) => {
        const isReverse = direction === "reverse" || d === 1;
        const h = stateStart + d * hiddenSize;
        states.forEach((state, row) => {
          const length = lengths?.[row] ?? numSteps;
          for (let step = 0; step < length; step++) {
            const timeRow = (isReverse ? length - 1 - step : step) * states.length + row;
            cell.step(f32, projection + timeRow * numGateRows + d * 3 * hiddenSize, state, h);
            f32.set(state.subarray(h, h + hiddenSize), output / 4 + timeRow * outputStride + d * hiddenSize);
          }
        });
      });
    },
  };
}
