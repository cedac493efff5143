import type { FlattenLayer } from "../layers/flatten.js";
import type { CpuLayer, CpuTarget } from "./cpuLayer.js";

/** Copies a row's steps one after the other. */
export function createFlatten({ inputSize, sequenceLength }: FlattenLayer, { memory }: CpuTarget): CpuLayer {
  return {
    run({ x, xStride, output, outputStride, chunk: { states, numSteps } }) {
      const { f32 } = memory;
      for (let row = 0; row < states.length; row++) {
        for (let step = 0; step < Math.min(numSteps, sequenceLength); step++) {
          const from = x / 4 + (step * states.length + row) * xStride;
          f32.copyWithin(output / 4 + row * outputStride + step * inputSize, from, from + inputSize);
        }
      }
    },
  };
}
