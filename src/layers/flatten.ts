import { MAX_FRAME, size } from "./field.js";
import type { LayerBase, LayerType, Optional } from "./layerType.js";

/** All steps of a row one after the other, [T I]: of sequences that all have T steps. */
export interface FlattenLayer extends LayerBase {
  readonly type: "flatten";
  readonly inputSize: number;
  /** T */
  readonly sequenceLength: number;
}

export type FlattenSpec = Optional<FlattenLayer, "inputs" | "storage">;

export const flatten: LayerType<FlattenLayer, FlattenSpec> = {
  type: "flatten",
  time: () => "summary",
  readsIndex: false,
  fields: { inputSize: size, sequenceLength: size },
  fault({ inputSize, sequenceLength }) {
    const length = inputSize * sequenceLength;
    return length > MAX_FRAME ? `expected at most ${MAX_FRAME} numbers in all steps, got ${length}` : null;
  },
  tensors: () => [],
  inputSize: ({ inputSize }) => inputSize,
  outputSize: ({ inputSize, sequenceLength }) => inputSize * sequenceLength,
  sequenceLength: ({ sequenceLength }) => sequenceLength,
  needsEnd: ({ sequenceLength }) => `the ${sequenceLength} steps of a sequence together`,
};

/** @param steps each [I], T of them @returns one of [T I] */
export function flattenEquation(_: FlattenLayer, steps: readonly Float64Array[]): Float64Array[] {
  return [Float64Array.from(steps.flatMap((step) => [...step]))];
}
