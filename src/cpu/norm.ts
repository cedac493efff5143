import type { NormLayer } from "../layers/norm.js";
import type { CpuLayer, CpuTarget } from "./cpuLayer.js";
import { roundUp } from "./cpuMemory.js";
import { writeFloats } from "./matrix.js";

declare module "./wasmModule.js" {
  interface WasmFunctions {
    normRows(
      x: number,
      xStride: number,
      out: number,
      outStride: number,
      numRows: number,
      size: number,
      groups: number,
      center: number,
      epsilon: number,
      weight: number,
      bias: number,
    ): void;
  }
}

/** Normalisation of each group of each row. */
export function createNorm(layer: NormLayer, target: CpuTarget): CpuLayer {
  const { memory, wasm } = target;
  if (wasm === null) return createPlainNorm(layer, target);
  const { inputSize, epsilon, groups, center, weight, bias } = layer;
  const size = inputSize / groups;
  // The last group's last four may be past the end.
  const write = (values: Float32Array | null) =>
    values === null ? 0 : writeFloats(memory, values, roundUp(inputSize, 4) + 4);
  const [weightAt, biasAt] = [write(weight), write(bias)];
  return {
    run({ x, xStride, output, outputStride, numRows }) {
      wasm.normRows(x, xStride, output, outputStride, numRows, size, groups, Number(center), epsilon, weightAt, biasAt);
    },
  };
}

function createPlainNorm(
  { inputSize, epsilon, groups, center, weight, bias }: NormLayer,
  { memory }: CpuTarget,
): CpuLayer {
  const size = inputSize / groups;
  return {
    run({ x, xStride, output, outputStride, numRows }) {
      const { f32 } = memory;
      for (let row = 0; row < numRows; row++) {
        for (let start = 0; start < inputSize; start += size) {
          const from = x / 4 + row * xStride + start;
          const to = output / 4 + row * outputStride + start;
          let sum = 0;
          for (let i = 0; i < size; i++) sum += f32[from + i]!;
          const mean = center ? sum / size : 0;
          let squares = 0;
          for (let i = 0; i < size; i++) squares += (f32[from + i]! - mean) ** 2;
          const deviation = Math.sqrt(squares / size + epsilon);
          for (let i = 0; i < size; i++) {
            const scale = weight?.[start + i] ?? 1;
            f32[to + i] = ((f32[from + i]! - mean) / deviation) * scale + (bias?.[start + i] ?? 0);
          }
        }
      }
    },
  };
}
