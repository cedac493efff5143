// The values of a graph's names while it is read: numbers, sizes, or features of the future network.

import { type Axis, type Dimension, dimension, numFeatures } from "./axes.js";
import { Refusal } from "./refusal.js";
import type { InputSource, Source, Wiring } from "./wiring.js";
import { columnsOf } from "./wiring.js";

/** Known numbers. */
export interface Constant {
  readonly kind: "constant";
  readonly values: Float32Array | Float64Array;
  readonly isFloat: boolean;
  readonly isFloat16: boolean;
  /** As of a file's tensor. */
  readonly range?: readonly [number, number];
}

/** Whole numbers, some of which are sizes of a time or batch axis. */
interface Sizes {
  readonly kind: "sizes";
  readonly sizes: readonly Dimension[];
}

/** "each": a value for each step; "first", "last": that of a sequence's first or last step; "final": the one after a row's last step. */
export type Step = "each" | "first" | "last" | "final";

/** scale * (W x). */
export interface Term {
  /** x: columns of the wiring, [I]; `ZERO` for a zero */
  readonly columns: Int32Array;
  /** W [O, I]; null for the identity */
  readonly weight: Float32Array | Float64Array | null;
  /** [O]; null for ones */
  readonly scale: Float64Array | null;
  /** Whether float16 holds every number of W. */
  readonly isFloat16: boolean;
}

/** Features: a sum of terms, and a bias. */
export interface Signal {
  readonly kind: "signal";
  /** At least one. */
  readonly terms: readonly Term[];
  /** [O]; null for zeros */
  readonly bias: Float64Array | null;
  readonly step: Step;
  /** Whether the time axis runs backwards. */
  readonly isReversed: boolean;
}

/** A graph input of indices. */
interface Indices {
  readonly kind: "indices";
  readonly input: InputSource;
}

/** The graph input that gives each row's number of steps. */
interface Lengths {
  readonly kind: "lengths";
}

/** The sequences that a loop reads step by step. */
export interface LoopSteps {
  /** Whether its steps are those of a sequence from the last one to the first; null where it reads no sequence. */
  isReversed: boolean | null;
  /** The axis of time; null likewise. */
  axis: Axis | null;
  /** The steps that it took. */
  readonly counters: Counter[];
}

/** A whole number that a loop carries from step to step. */
export interface Count {
  readonly steps: LoopSteps;
  /** At the first step. */
  readonly first: number;
  /** How much more it is at each step; null until the body was read. */
  delta: number | null;
}

/** A loop's count of its steps, and some more. */
export interface Counter {
  readonly kind: "counter";
  readonly of: Count;
  readonly add: number;
}

/** The question that a loop asks after each step: is each counter below a size, and some more? */
export interface Condition {
  readonly kind: "condition";
  readonly limits: readonly { readonly counter: Counter; readonly size: Dimension; readonly plus: number }[];
}

/** The numbers of rows, each once, in some order. */
export interface Order {
  readonly kind: "order";
  /** The axis of the rows. */
  readonly of: Axis;
}

/** Features as whole numbers, x / scale + zero, which are not rounded here: the features x are kept. */
export interface Quantised {
  readonly kind: "quantised";
  readonly signal: Signal;
  readonly scale: number;
  readonly zero: number;
}

export type Content = Constant | Sizes | Signal | Indices | Lengths | Counter | Condition | Order | Quantised;

/** A tensor: its feature axes index the content, row-major. */
export interface Value<C extends Content = Content> {
  readonly axes: readonly Axis[];
  readonly content: C;
}

/** Numbers without time and batch axes. */
export function constantValue(
  shape: readonly number[],
  values: readonly number[] | Float64Array,
  isFloat: boolean,
): Value<Constant> {
  const content: Constant = { kind: "constant", values: Float64Array.from(values), isFloat, isFloat16: false };
  return { axes: shape, content };
}

/** Sizes as a constant where all of them are numbers. */
export function sizesValue(axes: readonly Axis[], sizes: readonly Dimension[]): Value {
  if (sizes.some(({ free }) => free.length > 0)) return { axes, content: { kind: "sizes", sizes } };
  const values = Float64Array.from(sizes, ({ factor }) => factor);
  return { axes, content: { kind: "constant", values, isFloat: false, isFloat16: false } };
}

/** The features of a source, without arithmetic. */
export function sourceSignal(source: Source, step: Step = "each", isReversed = false): Signal {
  return columnsSignal(columnsOf(source), step, isReversed);
}

export function columnsSignal(columns: Int32Array, step: Step, isReversed: boolean): Signal {
  return { kind: "signal", terms: [plainTerm(columns)], bias: null, step, isReversed };
}

/** Number of features. */
export function widthOf({ terms: [term] }: Signal): number {
  return widthOfTerm(term!);
}

export function widthOfTerm({ columns, weight }: Term): number {
  return weight === null ? columns.length : columns.length === 0 ? 0 : weight.length / columns.length;
}

/** Columns as they are. */
export function plainTerm(columns: Int32Array): Term {
  return { columns, weight: null, scale: null, isFloat16: false };
}

/** A value with other axes. @param take index of the source element of each element; null for the identity */
export function reindex(value: Value, axes: readonly Axis[], take: Int32Array | null, wiring: Wiring): Value {
  const { content } = value;
  if (take === null) return { axes, content };
  switch (content.kind) {
    case "constant":
      return { axes, content: { ...content, values: picked(content.values, take) } };
    case "sizes":
      return sizesValue(
        axes,
        [...take].map((from) => content.sizes[from]!),
      );
    case "signal":
      wiring.checkWidth(take.length);
      return { axes, content: takeRows(content, take, wiring) };
    case "quantised":
      wiring.checkWidth(take.length);
      return { axes, content: { ...content, signal: takeRows(content.signal, take, wiring) } };
    case "indices":
    case "lengths":
    case "counter":
    case "condition":
    case "order":
      if (numFeatures(axes) === 1) return { axes, content };
      throw new Refusal("it repeats indices");
  }
}

/** The elements at `take`, in an array of the same kind. */
function picked<A extends Float32Array | Float64Array | Int32Array>(values: A, take: Int32Array): A {
  const NumberArray = values.constructor as new (length: number) => A;
  const taken = new NumberArray(take.length);
  for (let i = 0; i < take.length; i++) taken[i] = values[take[i]!]!;
  return taken;
}

/** Features at `take` of a signal. */
export function takeRows(signal: Signal, take: Int32Array, wiring: Wiring): Signal {
  const { terms, bias } = signal;
  return { ...signal, terms: terms.map((term) => takeTermRows(term, take, wiring)), bias: bias && picked(bias, take) };
}

function takeTermRows(term: Term, take: Int32Array, wiring: Wiring): Term {
  const { columns, weight } = term;
  const scale = term.scale && picked(term.scale, take);
  if (weight === null) return { ...term, scale, columns: picked(columns, take) };
  const width = columns.length;
  wiring.spend(take.length * width);
  const taken =
    weight instanceof Float32Array ? new Float32Array(take.length * width) : new Float64Array(take.length * width);
  take.forEach((from, i) => taken.set(weight.subarray(from * width, (from + 1) * width), i * width));
  return { ...term, scale, weight: taken };
}

/** More numbers than any shape or list of lengths has. */
const MAX_SIZES = 4096;

/** The sizes in a value of sizes or of constants. @throws Refusal for another value */
export function sizesOf({ content }: Value): readonly Dimension[] {
  const numbers = content.kind === "sizes" ? content.sizes : content.kind === "constant" ? content.values : [];
  if (numbers.length > MAX_SIZES) {
    throw new Refusal(`it needs at most ${MAX_SIZES} numbers, and gets ${numbers.length}`);
  }
  if (content.kind === "sizes") return content.sizes;
  if (content.kind === "constant") return Array.from(content.values, dimension);
  throw new Refusal(`it needs known numbers, and gets ${describeContent(content)}`);
}

/** The kind of a value, for a person. */
export function describeContent({ kind }: Content): string {
  const words = {
    constant: "constants",
    sizes: "sizes",
    signal: "features",
    indices: "indices",
    lengths: "lengths",
    counter: "the number of a loop's step",
    condition: "a loop's condition",
    order: "an order of rows",
    quantised: "features as whole numbers",
  };
  return words[kind];
}
