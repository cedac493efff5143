import { type Direction, direction, needsEnd } from "./direction.js";
import { count, size } from "./field.js";
import type { LayerBase, LayerType, Optional } from "./layerType.js";

/**
 * The frame at which a row's sequence ends, in the direction of the layer before: for "reverse" its first frame; for
 * "bidirectional" the first half of its last frame and the second half of its first.
 */
export interface LastLayer extends LayerBase {
  readonly type: "last";
  readonly inputSize: number;
  readonly direction: Direction;
  /** Equal parts of a frame, each of which has both directions: the rows of the layer before. */
  readonly parts: number;
}

/** Forward, one part, unless it says otherwise. */
export type LastSpec = Optional<LastLayer, "inputs" | "storage" | "direction" | "parts">;

export const last: LayerType<LastLayer, LastSpec> = {
  type: "last",
  time: () => "summary",
  readsIndex: false,
  fields: { inputSize: size, direction, parts: count("parts") },
  fault({ inputSize, direction: of, parts }) {
    const unit = of === "bidirectional" ? 2 * parts : parts;
    return inputSize % unit === 0 ? null : `expected inputSize to be a multiple of ${unit}, got ${inputSize}`;
  },
  tensors: () => [],
  inputSize: ({ inputSize }) => inputSize,
  outputSize: ({ inputSize }) => inputSize,
  needsEnd,
};

/** Columns of each part of a frame: from `firstAtStart` on they are of the first frame, before it of the last frame. */
export function endColumns({ direction: of, inputSize, parts }: LastLayer) {
  const partSize = inputSize / parts;
  return { partSize, firstAtStart: { forward: partSize, reverse: 0, bidirectional: partSize / 2 }[of] };
}

/** @param steps each [I] @returns one of [I]; none where there are no steps */
export function lastEquation(layer: LastLayer, steps: readonly Float64Array[]): Float64Array[] {
  const { partSize, firstAtStart } = endColumns(layer);
  return steps.slice(-1).map((end) => end.map((x, i) => (i % partSize < firstAtStart ? x : steps[0]![i]!)));
}
