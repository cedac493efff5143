import { GruError } from "../../errors.js";
import type { LayerSpec } from "../../layers/index.js";
import type { Dialect } from "./dialect.js";

/** A mask of Keras. */
export interface Mask {
  /** Our layer that gives it. */
  readonly layer: string;
  /** Whether its steps come in the reverse of ours; Keras hands a mask on as it was, also where the steps are turned round. */
  readonly isReversed: boolean;
}

/** A tensor of Keras: layers of ours whose outputs are read side by side. */
export interface Value {
  /** Names of our layers, or "input". */
  readonly parts: readonly string[];
  readonly size: number;
  /** Whether its steps come in the reverse of ours: go_backwards gives them in the order in which it went. */
  readonly isReversed: boolean;
  /** Which steps do not count. */
  readonly mask: Mask | null;
  /** Whether no number in it is beyond 1. */
  readonly isBounded: boolean;
}

/** What stands for a layer of Keras, and what that gives. */
export interface Built {
  readonly layers: readonly LayerSpec[];
  readonly value: Value;
}

/** A layer of ours reads its inputs one by one; Keras's models have a few. */
const MAX_PARTS = 256;

/**
 * Values side by side.
 *
 * @param subject what joins them, for messages
 * @throws GruError `unsupported` when they differ in order or in masks, or are too many
 */
export function joinValues(subject: string, values: readonly Value[], { mergedMask }: Dialect): Value {
  const [first] = values;
  if (first === undefined) throw new GruError("bad-file", `${subject}: expected inputs, got none`);
  const numParts = values.reduce((sum, { parts }) => sum + parts.length, 0);
  if (numParts > MAX_PARTS) {
    throw new GruError(
      "unsupported",
      `${subject}: expected at most ${MAX_PARTS} tensors side by side, got ${numParts}`,
    );
  }
  if (values.some(({ isReversed }) => isReversed !== first.isReversed)) {
    const expected = "inputs in one order, got some last step first, as go_backwards gives them";
    throw new GruError("unsupported", `${subject}: expected ${expected}`);
  }
  return {
    parts: values.flatMap(({ parts }) => parts),
    size: values.reduce((sum, { size }) => sum + size, 0),
    isReversed: first.isReversed,
    mask: joinMasks(subject, values, mergedMask),
    isBounded: values.every(({ isBounded }) => isBounded),
  };
}

function joinMasks(subject: string, values: readonly Value[], mergedMask: Dialect["mergedMask"]): Mask | null {
  const masks = values.flatMap(({ mask }) => mask ?? []);
  const [first] = masks;
  if (first === undefined || mergedMask === "none") return null;
  if (mergedMask === "all" && masks.length < values.length) return null;
  const other = masks.find(({ layer, isReversed }) => layer !== first.layer || isReversed !== first.isReversed);
  if (other === undefined) return first;
  const got = other.layer === first.layer ? `${first.layer} and its reverse` : `${first.layer} and ${other.layer}`;
  throw new GruError("unsupported", `${subject}: expected one mask, got ${got}`);
}
