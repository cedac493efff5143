import type { NormLayer } from "../layers/norm.js";
import type { CpuLayer, CpuTarget } from "./cpuLayer.js";

/** Layer normalisation of each row, in plain JavaScript. */
export function createNorm({ inputSize, epsilon, weight, bias }: NormLayer, { memory }: CpuTarget): CpuLayer {
  return {
    run({ x, xStride, output, outputStride, numRows }) {
      const { f32 } = memory;
      for (let row = 0; row < numRows; row++) {
        const from = x / 4 + row * xStride;
        const to = output / 4 + row * outputStride;
        let sum = 0;
        for (let i = 0; i < inputSize; i++) sum += f32[from + i]!;
        const mean = sum / inputSize;
        let squares = 0;
        for (let i = 0; i < inputSize; i++) squares += (f32[from + i]! - mean) ** 2;
        const deviation = Math.sqrt(squares / inputSize + epsilon);
        for (let i = 0; i < inputSize; i++) {
          f32[to + i] = ((f32[from + i]! - mean) / deviation) * (weight?.[i] ?? 1) + (bias?.[i] ?? 0);
        }
      }
    },
  };
}
