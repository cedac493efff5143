// Arithmetic on features. Linear operations are combined until another operator needs their result as a layer.

import {
  type ActivationSpec,
  completeActivation,
  type ElementFunction,
  type RowFunction,
} from "../../layers/activation.js";
import { emit } from "./emit.js";
import { demand } from "./refusal.js";
import { columnsSignal, plainTerm, type Signal, type Term, widthOf } from "./value.js";
import type { Wiring } from "./wiring.js";

const LINEAR = completeActivation<ElementFunction>("linear");

/** Columns of the layer made of a signal. */
const made = new WeakMap<Signal, Int32Array>();

/** The columns of a signal without arithmetic; null for another. */
export function bareColumns({ terms, bias }: Signal): Int32Array | null {
  const [term] = terms as [Term];
  const isBare = terms.length === 1 && bias === null && term.weight === null && term.scale === null;
  return isBare ? term.columns : null;
}

/** The signal as columns; layers are added if it has arithmetic. @param name of such a layer */
export function columnsFor(signal: Signal, wiring: Wiring, name: string): Int32Array {
  const bare = bareColumns(signal);
  if (bare !== null) return bare;
  let emitted = made.get(signal);
  if (emitted === undefined) {
    emitted = emit(signal, LINEAR, wiring, name);
    made.set(signal, emitted);
  }
  return emitted;
}

/** The signal without arithmetic. */
export function plain(signal: Signal, wiring: Wiring, name: string): Signal {
  return columnsSignal(columnsFor(signal, wiring, name), signal.step, signal.isReversed);
}

/** activation(signal). */
export function activated(
  signal: Signal,
  activation: ActivationSpec<ElementFunction | RowFunction>,
  wiring: Wiring,
  name: string,
): Signal {
  const columns = emit(signal, completeActivation(activation), wiring, name);
  return columnsSignal(columns, signal.step, signal.isReversed);
}

/** signal + addend, [O]. */
export function shifted(signal: Signal, addend: Float64Array): Signal {
  const { bias } = signal;
  return { ...signal, bias: bias === null ? addend : bias.map((value, i) => value + addend[i]!) };
}

/** signal * factor, [O]. */
export function scaled(signal: Signal, factor: Float64Array, wiring: Wiring, name: string): Signal {
  // (x - mean) / deviation: the difference must be computed first, or a large mean would cost precision.
  const isDifference = signal.terms.length > 1 || signal.bias !== null;
  const isElementwise = signal.terms.every(({ weight }) => weight === null);
  const { terms, bias, ...rest } = isElementwise && isDifference ? plain(signal, wiring, name) : signal;
  return {
    ...rest,
    terms: terms.map((term) => scaledTerm(term, factor)),
    bias: bias && bias.map((value, i) => value * factor[i]!),
  };
}

function scaledTerm(term: Term, factor: Float64Array): Term {
  const { scale } = term;
  return { ...term, scale: scale === null ? factor : scale.map((value, i) => value * factor[i]!) };
}

/** Limit of the terms of one sum: a graph may add up as many as it has nodes. */
const MAX_TERMS = 8;

/** a + sign * b. */
export function sum(a: Signal, b: Signal, sign: 1 | -1, wiring: Wiring, name: string): Signal {
  const width = widthOf(a);
  const isLong = a.terms.length + b.terms.length > MAX_TERMS;
  const [left, right] = isLong ? [plain(a, wiring, name), plain(b, wiring, name)] : [a, b];
  const signs = new Float64Array(width).fill(sign);
  const others = sign === 1 ? right.terms : right.terms.map((term) => scaledTerm(term, signs));
  const hasBias = left.bias !== null || right.bias !== null;
  const bias = hasBias
    ? Float64Array.from({ length: width }, (_, i) => (left.bias?.[i] ?? 0) + sign * (right.bias?.[i] ?? 0))
    : null;
  return { kind: "signal", ...together(a, b), terms: others.reduce(withTerm, left.terms), bias };
}

/** Terms of the same columns become one. */
function withTerm(terms: readonly Term[], term: Term): readonly Term[] {
  const same = terms.findIndex(
    ({ columns, weight }) => weight === null && term.weight === null && isSame(columns, term.columns),
  );
  if (same < 0) return [...terms, term];
  const before = terms[same]!;
  const scale = Float64Array.from(term.columns, (_, i) => (before.scale?.[i] ?? 1) + (term.scale?.[i] ?? 1));
  return terms.map((one) => (one === before ? { ...before, scale } : one));
}

const isSame = (a: Int32Array, b: Int32Array) =>
  a === b || (a.length === b.length && a[0] === b[0] && a.every((column, i) => column === b[i]));

/**
 * matrix * signal.
 *
 * @param matrix [O, I], I the signal's width
 */
export function multiplied(
  signal: Signal,
  matrix: Float32Array | Float64Array,
  isFloat16: boolean,
  wiring: Wiring,
  name: string,
): Signal {
  const [term] = signal.terms as [Term];
  const hasOnlyScale = signal.terms.length === 1 && term.weight === null && signal.bias === null;
  const { columns, scale } = hasOnlyScale ? term : plainTerm(columnsFor(signal, wiring, name));
  const weight = scale === null ? matrix : Float64Array.from(matrix, (value, i) => value * scale[i % columns.length]!);
  const product: Term = { columns, weight, scale: null, isFloat16: isFloat16 && scale === null };
  return { ...signal, terms: [product], bias: null };
}

/** The steps and the order of two signals. @throws Refusal when they differ */
export function together(a: Signal, b: Signal): Pick<Signal, "step" | "isReversed"> {
  demand(a.step === b.step, "it joins a sequence with a value that comes once, at its end");
  demand(a.isReversed === b.isReversed, "it joins a sequence with one that runs backwards");
  return { step: a.step, isReversed: a.isReversed };
}
