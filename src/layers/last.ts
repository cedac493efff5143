import { type Direction, direction, needsEnd } from "./direction.js";
import { choice, count, size } from "./field.js";
import type { LayerBase, LayerType, Optional } from "./layerType.js";

/**
 * The frame at which a row's sequence ends, in the direction of the layer before: for "reverse" its first frame; for
 * "bidirectional" the first half of its last frame and the second half of its first. With a block, the state that the layer
 * before has at that end, [D, size] of the block.
 */
export interface LastLayer extends LayerBase {
  readonly type: "last";
  readonly inputSize: number;
  readonly direction: Direction;
  /** Equal parts of a frame, each of which has both directions: the rows of the layer before. */
  readonly parts: number;
  /** "c" for the cell of an LSTM along time, the one layer that it reads; null for the frame that the layer before gives. */
  readonly block: "c" | null;
}

/** Forward, one part, a frame, unless it says otherwise. */
export type LastSpec = Optional<LastLayer, "inputs" | "storage" | "direction" | "parts" | "block">;

export const last: LayerType<LastLayer, LastSpec> = {
  type: "last",
  time: () => "summary",
  readsIndex: false,
  fields: {
    inputSize: size,
    direction,
    parts: count("parts"),
    block: choice([null, "c"], (name) => (name === null ? "" : "the cell")),
  },
  fault({ inputSize, direction: of, parts }) {
    const unit = of === "bidirectional" ? 2 * parts : parts;
    return inputSize % unit === 0 ? null : `expected inputSize to be a multiple of ${unit}, got ${inputSize}`;
  },
  tensors: () => [],
  inputSize: ({ inputSize }) => inputSize,
  outputSize: ({ inputSize }) => inputSize,
  block: ({ block }) => block,
  needsEnd,
};

/** Columns of each part of a frame: from `firstAtStart` on they are of the first frame, before it of the last frame. */
export function endColumns({ direction: of, inputSize, parts }: LastLayer) {
  const partSize = inputSize / parts;
  return { partSize, firstAtStart: { forward: partSize, reverse: 0, bidirectional: partSize / 2 }[of] };
}

/**
 * @param steps each [I]
 * @param state of the layer before, where it reads a block
 * @returns one of [I]; none where there are no steps
 */
export function lastEquation(
  layer: LastLayer,
  steps: readonly Float64Array[],
  state: Readonly<Record<string, readonly Float64Array[]>>,
): Float64Array[] {
  if (layer.block !== null) {
    return steps.slice(-1).map(() => Float64Array.from(state[layer.block!]!.flatMap((each) => [...each])));
  }
  const { partSize, firstAtStart } = endColumns(layer);
  return steps.slice(-1).map((end) => end.map((x, i) => (i % partSize < firstAtStart ? x : steps[0]![i]!)));
}
