import { numDirections } from "../layers/direction.js";
import type { LstmLayer } from "../layers/lstm.js";
import { elementFunction } from "./activation.js";
import type { CpuLayer, CpuTarget } from "./cpuLayer.js";
import { matvec } from "./matvec.js";

/** The input's product of all steps, then one row after the other through its steps, in plain JavaScript. */
export function createLstm(layer: LstmLayer, { memory, stateStarts }: CpuTarget): CpuLayer {
  const { inputSize, hiddenSize, direction, weight, bias, recurrentWeight, recurrentBias } = layer;
  const numRows = 4 * hiddenSize;
  const size = numDirections(layer) * numRows;
  const sums = new Float32Array(numRows); // R h + c
  const update = createUpdate(layer);
  const ofDirection = (tensor: Float32Array, d: number) => {
    const length = tensor.length / numDirections(layer);
    return tensor.subarray(d * length, (d + 1) * length);
  };
  return {
    workFloats: (_, maxTimeRows) => maxTimeRows * size,
    run({ x, xStride, output, outputStride, numRows: numTimeRows, work, chunk: { numSteps, states, lengths } }) {
      const { f32 } = memory;
      const projection = work / 4;
      for (let row = 0; row < numTimeRows; row++) {
        matvec(f32, projection + row * size, weight, bias, f32, x / 4 + row * xStride, size, inputSize);
      }
      for (let d = 0; d < numDirections(layer); d++) {
        const isReverse = direction === "reverse" || d === 1;
        const h = stateStarts.h! + d * hiddenSize;
        const c = stateStarts.c! + d * hiddenSize;
        const ownWeight = ofDirection(recurrentWeight, d);
        const ownBias = recurrentBias && ofDirection(recurrentBias, d);
        states.forEach((state, row) => {
          const length = lengths?.[row] ?? numSteps;
          for (let step = 0; step < length; step++) {
            const timeRow = (isReverse ? length - 1 - step : step) * states.length + row;
            const from = projection + timeRow * size + d * numRows;
            const to = output / 4 + timeRow * outputStride + d * hiddenSize;
            matvec(sums, 0, ownWeight, ownBias, state, h, numRows, hiddenSize);
            for (let i = 0; i < numRows; i++) sums[i]! += f32[from + i]!;
            update(sums, state, h, c);
            for (let i = 0; i < hiddenSize; i++) f32[to + i] = state[h + i]!;
          }
        });
      }
    },
  };
}

/** The equations of layers/lstm.ts, from the sums of all gates, [4H]. */
function createUpdate(layer: LstmLayer): (sums: Float32Array, state: Float32Array, h: number, c: number) => void {
  const { hiddenSize, clip } = layer;
  const [a, n, y] = [layer.gateActivation, layer.newActivation, layer.outputActivation].map(elementFunction);
  const most = clip ?? Infinity;
  const limit = (x: number) => (x > most ? most : x < -most ? -most : x);
  return (sums, state, h, c) => {
    for (let i = 0; i < hiddenSize; i++) {
      const input = a!(limit(sums[i]!));
      const forget = a!(limit(sums[hiddenSize + i]!));
      const fresh = n!(limit(sums[2 * hiddenSize + i]!));
      const cell = forget * state[c + i]! + input * fresh;
      state[c + i] = cell;
      state[h + i] = a!(limit(sums[3 * hiddenSize + i]!)) * y!(limit(cell));
    }
  };
}
