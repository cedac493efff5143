import type { Activation, ActivationSpec, ElementFunction, RowFunction } from "./activation.js";
import { activation, count, size } from "./field.js";
import { activateRow, product } from "./float64.js";
import type { LayerBase, LayerType, Optional } from "./layerType.js";

/** activation(W x + b), or with `groups` the same of each group of features and its group of outputs by itself. */
export interface DenseLayer extends LayerBase {
  readonly type: "dense";
  readonly inputSize: number;
  readonly outputSize: number;
  readonly activation: Activation<ElementFunction | RowFunction>;
  /** G, equal parts of the features, and of the outputs */
  readonly groups: number;
  /** W [O, I / G] */
  readonly weight: Float32Array;
  /** b [O]; null means none */
  readonly bias: Float32Array | null;
  /** int8 only: the value of one unit of each row, [O] */
  readonly weightScale: Float32Array | null;
}

/** Linear, one group, no bias, float32, unless it says otherwise. */
export type DenseSpec = Optional<
  Omit<DenseLayer, "activation"> & { readonly activation?: ActivationSpec<ElementFunction | RowFunction> },
  "inputs" | "storage" | "groups" | "bias" | "weightScale"
>;

export const dense: LayerType<DenseLayer, DenseSpec> = {
  type: "dense",
  time: () => "frame",
  readsIndex: false,
  fields: {
    inputSize: size,
    outputSize: size,
    activation: activation("linear", { ofRows: true }),
    groups: count("groups"),
  },
  fault: ({ inputSize, outputSize, groups }) =>
    inputSize % groups === 0 && outputSize % groups === 0
      ? null
      : `expected groups to divide ${inputSize} features and ${outputSize} outputs, got ${groups}`,
  tensors: ({ inputSize, outputSize, groups }) => [
    { name: "weight", shape: [outputSize, inputSize / groups], kind: "matrix" },
    { name: "bias", shape: [outputSize], kind: "vector" },
  ],
  inputSize: ({ inputSize }) => inputSize,
  outputSize: ({ outputSize }) => outputSize,
  scores: ({ activation: { name } }) => SCORES.get(name) ?? null,
};

/** The activations whose results score tokens. logSoftmax's are logits too: softmax gives back its probabilities. */
const SCORES = new Map<string, "probabilities" | "logits">([
  ["softmax", "probabilities"],
  ["logSoftmax", "logits"],
  ["linear", "logits"],
]);

/** W as a layer without groups has it, [O, I]: zeros between a group's outputs and the features of others. */
export function ungroupedWeight({ inputSize, outputSize, groups, weight }: DenseLayer): Float32Array {
  if (groups === 1) return weight;
  const rowLength = inputSize / groups;
  const whole = new Float32Array(outputSize * inputSize);
  for (let row = 0; row < outputSize; row++) {
    const group = Math.floor((row * groups) / outputSize);
    whole.set(weight.subarray(row * rowLength, (row + 1) * rowLength), row * inputSize + group * rowLength);
  }
  return whole;
}

/** activation(W x + b) of each frame, in float64. @param steps each [I] @returns each [O] */
export function denseEquation(layer: DenseLayer, steps: readonly Float64Array[]): Float64Array[] {
  const { activation: f, inputSize, outputSize, groups, weight, bias } = layer;
  const [numRows, numColumns] = [outputSize / groups, inputSize / groups];
  return steps.map((x) => {
    const sums = Array.from({ length: groups }, (_, g) => {
      const features = x.subarray(g * numColumns, (g + 1) * numColumns);
      return product(numRows, partOf(weight, g, numRows * numColumns), bias && partOf(bias, g, numRows), features);
    });
    return activateRow(f, Float64Array.from(sums.flatMap((each) => [...each])));
  });
}

/** Part `g` of equal parts. */
function partOf(values: Float32Array, g: number, length: number): Float32Array {
  return values.subarray(g * length, (g + 1) * length);
}
