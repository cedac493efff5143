import { demand } from "./refusal.js";
import { columnsFor, together } from "./signals.js";
import { columnsSignal, describeContent, plainTerm, type Signal, type Value } from "./value.js";
import { type Wiring, ZERO } from "./wiring.js";

/** Features and constants, element by element: a constant is a zero with a bias. */
export interface Mixture {
  /** `ZERO` for a constant */
  readonly columns: Int32Array;
  /** The constants; zeros for features. */
  readonly numbers: ArrayLike<number>;
  /** The signal that the columns are of; null for constants alone. */
  readonly signal: Signal | null;
}

/** The elements of a value. @throws Refusal for sizes and indices */
export function mixtureOf({ content }: Value, wiring: Wiring, name: string): Mixture {
  if (content.kind === "constant") {
    return { columns: new Int32Array(content.values.length).fill(ZERO), numbers: content.values, signal: null };
  }
  demand(content.kind === "signal", `it joins features with ${describeContent(content)}`);
  const columns = columnsFor(content, wiring, name);
  return { columns, numbers: new Float64Array(columns.length), signal: content };
}

/**
 * Elements of several mixtures.
 *
 * @param take for each element, the mixture that it is of, and its index there; an index of -1 for `fill`
 */
export function mixed(
  parts: readonly Mixture[],
  length: number,
  take: (i: number) => readonly [part: number, index: number],
  fill = 0,
): Signal {
  const columns = new Int32Array(length);
  const bias = new Float64Array(length);
  for (let i = 0; i < length; i++) {
    const [part, index] = take(i);
    const { columns: from, numbers } = parts[part]!;
    columns[i] = index < 0 ? ZERO : from[index]!;
    bias[i] = index < 0 ? fill : numbers[index]!;
  }
  const signals = parts.flatMap(({ signal }) => (signal === null ? [] : [signal]));
  const { step, isReversed } = signals.reduce((one, other) => ({ ...one, ...together(one, other) }));
  const isPlain = bias.every((number) => number === 0);
  return { ...columnsSignal(columns, step, isReversed), terms: [plainTerm(columns)], bias: isPlain ? null : bias };
}
