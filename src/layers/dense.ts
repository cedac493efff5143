import type { Activation, ActivationSpec, ElementFunction, RowFunction } from "./activation.js";
import { activation, size } from "./field.js";
import { activateRow, product } from "./float64.js";
import type { LayerBase, LayerType, Optional } from "./layerType.js";

/** activation(W x + b). */
export interface DenseLayer extends LayerBase {
  readonly type: "dense";
  readonly inputSize: number;
  readonly outputSize: number;
  readonly activation: Activation<ElementFunction | RowFunction>;
  /** W [O, I] */
  readonly weight: Float32Array;
  /** b [O]; null means none */
  readonly bias: Float32Array | null;
  /** int8 only: the value of one unit of each row, [O] */
  readonly weightScale: Float32Array | null;
}

/** Linear, no bias, float32, unless it says otherwise. */
export type DenseSpec = Optional<
  Omit<DenseLayer, "activation"> & { readonly activation?: ActivationSpec<ElementFunction | RowFunction> },
  "inputs" | "storage" | "bias" | "weightScale"
>;

export const dense: LayerType<DenseLayer, DenseSpec> = {
  type: "dense",
  time: () => "frame",
  readsIndex: false,
  fields: { inputSize: size, outputSize: size, activation: activation("linear", { ofRows: true }) },
  tensors: ({ inputSize, outputSize }) => [
    { name: "weight", shape: [outputSize, inputSize], kind: "matrix" },
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

/** activation(W x + b) of each frame, in float64. @param steps each [I] @returns each [O] */
export function denseEquation(layer: DenseLayer, steps: readonly Float64Array[]): Float64Array[] {
  const { activation: f, outputSize, weight, bias } = layer;
  return steps.map((x) => activateRow(f, product(outputSize, weight, bias, x)));
}
