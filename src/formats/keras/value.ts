import { GruError } from "../../errors.js";
import type { LayerSpec } from "../../layers/index.js";
import type { Dialect } from "./dialect.js";

/** A mask of Keras. */
export interface Mask {
  /** Name of our layer that gives it. */
  readonly layer: string;
  /** Whether its steps are in reverse order. Keras does not reverse a mask together with the steps. */
  readonly isReversed: boolean;
}

/** A tensor of Keras: the concatenated outputs of our layers. */
export interface Value {
  /** Names of our layers, or "input". */
  readonly parts: readonly string[];
  readonly size: number;
  /** Whether its steps are in reverse order, after a layer with go_backwards. */
  readonly isReversed: boolean;
  /** Says which steps do not count. */
  readonly mask: Mask | null;
  /** Whether all its numbers are in [-1, 1]. */
  readonly isBounded: boolean;
}

/** Our layers for a layer of Keras, and their output. */
export interface Built {
  readonly layers: readonly LayerSpec[];
  readonly value: Value;
}

/** Limit of concatenated tensors. Keras's models have a few; our layers read each input separately. */
const MAX_PARTS = 256;

/**
 * Concatenates values.
 *
 * @param subject name of the layer, for messages
 * @throws GruError `unsupported` for values in different orders or with different masks, or too many values
 */
export function joinValues(subject: string, values: readonly Value[], { mergedMask }: Dialect): Value {
  const [first] = values;
  if (first === undefined) throw new GruError("bad-file", `${subject}: expected inputs, got none`);
  const numParts = values.reduce((sum, { parts }) => sum + parts.length, 0);
  if (numParts > MAX_PARTS) {
    throw new GruError(
      "unsupported",
      `${subject}: expected at most ${MAX_PARTS} concatenated tensors, got ${numParts}`,
    );
  }
  if (values.some(({ isReversed }) => isReversed !== first.isReversed)) {
    const expected = "inputs in one order, got some in reverse, after go_backwards";
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
