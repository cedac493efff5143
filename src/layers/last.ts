import { type Direction, direction, needsEnd } from "./direction.js";
import { size } from "./field.js";
import type { LayerBase, LayerType, Optional } from "./layerType.js";

/**
 * The frame at which a row's sequence ends, in the direction of the layer before: for "reverse" its first frame; for
 * "bidirectional" the first half of its last frame and the second half of its first.
 */
export interface LastLayer extends LayerBase {
  readonly type: "last";
  readonly inputSize: number;
  readonly direction: Direction;
}

/** Forward unless it says otherwise. */
export type LastSpec = Optional<LastLayer, "inputs" | "storage" | "direction">;

export const last: LayerType<LastLayer, LastSpec> = {
  type: "last",
  time: () => "summary",
  readsIndex: false,
  fields: { inputSize: size, direction },
  tensors: () => [],
  inputSize: ({ inputSize }) => inputSize,
  outputSize: ({ inputSize }) => inputSize,
  needsEnd,
};

/** Columns from this one on are of the first frame, columns before it of the last frame. */
export function firstColumnAtStart({ direction: of, inputSize }: LastLayer): number {
  return { forward: inputSize, reverse: 0, bidirectional: inputSize / 2 }[of];
}

/** @param steps each [I] @returns one of [I]; none where there are no steps */
export function lastEquation(layer: LastLayer, steps: readonly Float64Array[]): Float64Array[] {
  const column = firstColumnAtStart(layer);
  return steps.slice(-1).map((end) => end.map((x, i) => (i < column ? x : steps[0]![i]!)));
}
