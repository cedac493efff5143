import { number, size, sizeUpTo } from "./field.js";
import type { LayerBase, LayerType, Optional } from "./layerType.js";

/**
 * The features of each frame in another order: a reshape, transposition, slice, padding, repetition or gather.
 *
 *   y_i = x_(indices_i), or `fill` where the index is -1
 */
export interface RearrangeLayer extends LayerBase {
  readonly type: "rearrange";
  readonly inputSize: number;
  readonly outputSize: number;
  readonly fill: number;
  /** [O], whole numbers from -1 to I - 1 */
  readonly indices: Float32Array;
}

/** Filled with zeros unless it says otherwise. */
export type RearrangeSpec = Optional<RearrangeLayer, "inputs" | "storage" | "fill">;

export const rearrange: LayerType<RearrangeLayer, RearrangeSpec> = {
  type: "rearrange",
  time: () => "frame",
  readsIndex: false,
  fields: {
    inputSize: sizeUpTo(2 ** 24, "a whole number from 1 to 16777216, as far as float32 holds indices exactly"),
    outputSize: size,
    fill: number("filled with", 0),
  },
  tensors: ({ inputSize, outputSize }) => [{ name: "indices", shape: [outputSize], kind: "indices", end: inputSize }],
  inputSize: ({ inputSize }) => inputSize,
  outputSize: ({ outputSize }) => outputSize,
};

/** Each frame, in float64. @param steps each [I] @returns each [O] */
export function rearrangeEquation({ indices, fill }: RearrangeLayer, steps: readonly Float64Array[]): Float64Array[] {
  return steps.map((x) => Float64Array.from(indices, (index) => (index < 0 ? fill : x[index]!)));
}
