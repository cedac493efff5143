import { positive, size } from "./field.js";
import type { LayerBase, LayerType, Optional } from "./layerType.js";

/**
 * Layer normalisation over the features of each frame, as PyTorch's `nn.LayerNorm`.
 *
 *   y = (x - mean(x)) / sqrt(mean((x - mean(x))^2) + epsilon) * weight + bias
 */
export interface NormLayer extends LayerBase {
  readonly type: "norm";
  readonly inputSize: number;
  /** Keeps the root above zero. */
  readonly epsilon: number;
  /** [I]; null means ones */
  readonly weight: Float32Array | null;
  /** [I]; null means zeros */
  readonly bias: Float32Array | null;
}

/** epsilon 1e-5, no weight, no bias, unless it says otherwise. */
export type NormSpec = Optional<NormLayer, "inputs" | "storage" | "epsilon" | "weight" | "bias">;

export const norm: LayerType<NormLayer, NormSpec> = {
  type: "norm",
  time: () => "frame",
  readsIndex: false,
  fields: { inputSize: size, epsilon: positive("epsilon", 1e-5) },
  tensors: ({ inputSize }) => [
    { name: "weight", shape: [inputSize], kind: "vector" },
    { name: "bias", shape: [inputSize], kind: "vector" },
  ],
  inputSize: ({ inputSize }) => inputSize,
  outputSize: ({ inputSize }) => inputSize,
};

/** Each frame, in float64. @param steps each [I] @returns each [I] */
export function normEquation({ epsilon, weight, bias }: NormLayer, steps: readonly Float64Array[]): Float64Array[] {
  return steps.map((x) => {
    const mean = x.reduce((sum, each) => sum + each, 0) / x.length;
    const variance = x.reduce((sum, each) => sum + (each - mean) ** 2, 0) / x.length;
    return x.map((each, i) => ((each - mean) / Math.sqrt(variance + epsilon)) * (weight?.[i] ?? 1) + (bias?.[i] ?? 0));
  });
}
