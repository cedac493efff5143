import { GruError } from "../../errors.js";
import type { LayerSpec } from "../../model/network.js";

/** A tensor of Keras: layers of ours whose outputs are read side by side. */
export interface Value {
  /** Names of our layers, or "input". */
  readonly parts: readonly string[];
  readonly size: number;
  /** Whether its steps come in the reverse of ours: go_backwards gives them in the order in which it went. */
  readonly isReversed: boolean;
  /** Our layer that says which steps do not count. */
  readonly mask: string | null;
  /** Whether no number in it is beyond 1. */
  readonly isBounded: boolean;
}

/** What stands for a layer of Keras, and what that gives. */
export interface Built {
  readonly layers: readonly LayerSpec[];
  readonly value: Value;
}

/**
 * Values side by side.
 *
 * @param subject what joins them, for messages
 * @throws GruError `unsupported` when they differ in order or in masks
 */
export function joinValues(subject: string, values: readonly Value[]): Value {
  const [first] = values;
  if (first === undefined) throw new GruError("bad-file", `${subject}: expected inputs, got none`);
  const masks = new Set(values.flatMap(({ mask }) => mask ?? []));
  if (masks.size > 1)
    throw new GruError("unsupported", `${subject}: expected one mask, got ${[...masks].join(" and ")}`);
  if (values.some(({ isReversed }) => isReversed !== first.isReversed)) {
    const expected = "inputs in one order, got some last step first, as go_backwards gives them";
    throw new GruError("unsupported", `${subject}: expected ${expected}`);
  }
  const [mask = null] = masks;
  return {
    parts: values.flatMap(({ parts }) => parts),
    size: values.reduce((sum, { size }) => sum + size, 0),
    isReversed: first.isReversed,
    mask,
    isBounded: values.every(({ isBounded }) => isBounded),
  };
}
