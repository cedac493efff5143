import { numDirections } from "../layers/direction.js";
import type { RnnLayer } from "../layers/rnn.js";
import { elementFunction } from "./activation.js";
import type { CpuLayer, CpuTarget } from "./cpuLayer.js";
import { matvec } from "./matvec.js";

/** The input's product of all steps, then one row after the other through its steps, in plain JavaScript. */
export function createRnn(layer: RnnLayer, { memory, stateStarts }: CpuTarget): CpuLayer {
  const { inputSize, hiddenSize, direction, weight, bias, recurrentWeight, recurrentBias } = layer;
  const size = numDirections(layer) * hiddenSize;
  const f = elementFunction(layer.activation);
  const most = layer.clip ?? Infinity;
  const limit = (x: number) => (x > most ? most : x < -most ? -most : x);
  const recurrent = new Float32Array(hiddenSize); // R h + c
  const ofDirection = (tensor: Float32Array, d: number) => {
    const length = tensor.length / numDirections(layer);
    return tensor.subarray(d * length, (d + 1) * length);
  };
  return {
    workFloats: (_, maxTimeRows) => maxTimeRows * size,
    run({ x, xStride, output, outputStride, numRows, work, chunk: { numSteps, states, lengths } }) {
      const { f32 } = memory;
      const projection = work / 4;
      for (let row = 0; row < numRows; row++) {
        matvec(f32, projection + row * size, weight, bias, f32, x / 4 + row * xStride, size, inputSize);
      }
      for (let d = 0; d < numDirections(layer); d++) {
        const isReverse = direction === "reverse" || d === 1;
        const h = stateStarts.h! + d * hiddenSize;
        const ownWeight = ofDirection(recurrentWeight, d);
        const ownBias = recurrentBias && ofDirection(recurrentBias, d);
        states.forEach((state, row) => {
          const length = lengths?.[row] ?? numSteps;
          for (let step = 0; step < length; step++) {
            const timeRow = (isReverse ? length - 1 - step : step) * states.length + row;
            const from = projection + timeRow * size + d * hiddenSize;
            const to = output / 4 + timeRow * outputStride + d * hiddenSize;
            matvec(recurrent, 0, ownWeight, ownBias, state, h, hiddenSize, hiddenSize);
            for (let i = 0; i < hiddenSize; i++) state[h + i] = f32[to + i] = f(limit(f32[from + i]! + recurrent[i]!));
          }
        });
      }
    },
  };
}
