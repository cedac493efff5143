import { choice, count, positive, size } from "./field.js";
import type { LayerBase, LayerType, Optional } from "./layerType.js";

/**
 * Normalisation over the features of each frame, as PyTorch's `nn.LayerNorm`, or of each group of them by itself, as its
 * `nn.GroupNorm`.
 *
 *   y = (x - mean(x)) / sqrt(mean((x - mean(x))^2) + epsilon) * weight + bias
 *   y = x / sqrt(mean(x^2) + epsilon) * weight + bias                             without `center`, as `nn.RMSNorm`
 */
export interface NormLayer extends LayerBase {
  readonly type: "norm";
  readonly inputSize: number;
  /** Keeps the root above zero. */
  readonly epsilon: number;
  /** Equal parts of the features, one after the other, each normalised by itself. */
  readonly groups: number;
  /** Whether the mean is subtracted. */
  readonly center: boolean;
  /** [I]; null means ones */
  readonly weight: Float32Array | null;
  /** [I]; null means zeros */
  readonly bias: Float32Array | null;
}

/** epsilon 1e-5, one group, centred, no weight, no bias, unless it says otherwise. */
export type NormSpec = Optional<NormLayer, "inputs" | "storage" | "epsilon" | "groups" | "center" | "weight" | "bias">;

export const norm: LayerType<NormLayer, NormSpec> = {
  type: "norm",
  time: () => "frame",
  readsIndex: false,
  fields: {
    inputSize: size,
    epsilon: positive("epsilon", 1e-5),
    groups: count("groups"),
    center: choice([true, false], (isCentred) => (isCentred ? "" : "about zero")),
  },
  fault: ({ inputSize, groups }) =>
    inputSize % groups === 0 ? null : `expected groups to divide ${inputSize} features, got ${groups}`,
  tensors: ({ inputSize }) => [
    { name: "weight", shape: [inputSize], kind: "vector" },
    { name: "bias", shape: [inputSize], kind: "vector" },
  ],
  inputSize: ({ inputSize }) => inputSize,
  outputSize: ({ inputSize }) => inputSize,
};

/** Each frame, in float64. @param steps each [I] @returns each [I] */
export function normEquation(layer: NormLayer, steps: readonly Float64Array[]): Float64Array[] {
  const { inputSize, epsilon, groups, center, weight, bias } = layer;
  return steps.map((x) =>
    x.map((each, i) => {
      const start = i - (i % (inputSize / groups));
      const group = x.slice(start, start + inputSize / groups);
      const mean = center ? average(group) : 0;
      const variance = average(group.map((other) => (other - mean) ** 2));
      return ((each - mean) / Math.sqrt(variance + epsilon)) * (weight?.[i] ?? 1) + (bias?.[i] ?? 0);
    }),
  );
}

function average(values: Float64Array): number {
  return values.reduce((sum, each) => sum + each, 0) / values.length;
}
