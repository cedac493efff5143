// Operators that compute element by element, without an activation.

import type { MapOperation } from "../../layers/map.js";
import { type Axis, type Dimension, dimension, joinAxes, product, quotient, strides } from "./axes.js";
import type { Call, Operator } from "./call.js";
import { originOf } from "./emit.js";
import { recognizeGruCell } from "./gruCell.js";
import { addCounted } from "./loopCount.js";
import { ofBoth, withNumbers } from "./maps.js";
import { mixed, mixtureOf } from "./mixture.js";
import { recognizeNorm } from "./normCell.js";
import { demand } from "./refusal.js";
import { alignedEnds } from "./sequenceEnds.js";
import { loosen, sourceIndices } from "./shapeOperators.js";
import { activated, bareColumns, columnsFor, scaled, shifted, sum } from "./signals.js";
import {
  type Constant,
  constantValue,
  reindex,
  type Signal,
  sizesOf,
  sizesValue,
  sourceSignal,
  type Value,
  widthOf,
} from "./value.js";
import { runStart, type Source, ZERO } from "./wiring.js";

export const arithmeticOperators: Readonly<Record<string, Operator>> = {
  Add: (call) => [combine(call, ADD)],
  Sub: (call) => [combine(call, SUBTRACT)],
  Mul: (call) => [combine(call, MULTIPLY)],
  Div: (call) => [combine(call, DIVIDE)],
  Pow: (call) => [combine(call, POWER)],
  Sum: (call) => [combineAll(call, ADD)],
  Min: (call) => [combineAll(call, MINIMUM)],
  Max: (call) => [combineAll(call, MAXIMUM)],
  Neg: negate,
  Where: where,
  ReduceProd: reduceProduct,
};

interface Arithmetic {
  /** Of the second number in a sum; none for other operations. */
  readonly sign?: 1 | -1;
  readonly ofNumbers: (a: number, b: number) => number;
  /** null where the result is not known */
  readonly ofSizes: (a: Dimension, b: Dimension) => Dimension | null;
  readonly ofSignalAndNumbers: (call: Call, signal: Signal, numbers: Float64Array) => Signal;
  readonly ofNumbersAndSignal: (call: Call, numbers: Float64Array, signal: Signal) => Signal;
  readonly ofSignals: (call: Call, a: Signal, b: Signal) => Signal;
}

const isZero = ({ factor, free }: Dimension) => factor === 0 && free.length === 0;
const numeric = (f: (a: number, b: number) => number) => (a: Dimension, b: Dimension) =>
  a.free.length + b.free.length === 0 ? dimension(f(a.factor, b.factor)) : null;
const minus = (numbers: Float64Array) => numbers.map((value) => -value);
const scaledBy = (call: Call, signal: Signal, factors: Float64Array) =>
  scaled(signal, factors, call.wiring, call.layerName);
const ones = (signal: Signal, value: number) => new Float64Array(widthOf(signal)).fill(value);

const ADD: Arithmetic = {
  sign: 1,
  ofNumbers: (a, b) => a + b,
  ofSizes: (a, b) => (isZero(a) ? b : isZero(b) ? a : numeric((x, y) => x + y)(a, b)),
  ofSignalAndNumbers: (_, signal, numbers) => shifted(signal, numbers),
  ofNumbersAndSignal: (_, numbers, signal) => shifted(signal, numbers),
  ofSignals: (call, a, b) => recognized(call, sum(a, b, 1, call.wiring, call.layerName)),
};

const SUBTRACT: Arithmetic = {
  sign: -1,
  ofNumbers: (a, b) => a - b,
  ofSizes: (a, b) => (isZero(b) ? a : numeric((x, y) => x - y)(a, b)),
  ofSignalAndNumbers: (_, signal, numbers) => shifted(signal, minus(numbers)),
  ofNumbersAndSignal: (call, numbers, signal) => shifted(scaledBy(call, signal, ones(signal, -1)), numbers),
  ofSignals: (call, a, b) => recognized(call, sum(a, b, -1, call.wiring, call.layerName)),
};

const MULTIPLY: Arithmetic = {
  ofNumbers: (a, b) => a * b,
  ofSizes: product,
  ofSignalAndNumbers: scaledBy,
  ofNumbersAndSignal: (call, numbers, signal) => scaledBy(call, signal, numbers),
  ofSignals: (call, a, b) => ofBoth(call, "multiply", a, b),
};

const DIVIDE: Arithmetic = {
  ofNumbers: (a, b) => a / b,
  ofSizes: (a, b) => quotient(a, b) ?? numeric((x, y) => Math.trunc(x / y))(a, b),
  ofSignalAndNumbers: (call, signal, numbers) =>
    scaledBy(
      call,
      signal,
      numbers.map((value) => 1 / value),
    ),
  ofNumbersAndSignal: (call, numbers, signal) => withNumbers(call, "divide", signal, numbers, true),
  ofSignals: (call, a, b) =>
    isOnePlusAbsolute(call, a, b)
      ? activatedBy(call, a, "softsign")
      : (recognizeNorm(call, a, b) ?? ofBoth(call, "divide", a, b)),
};

const POWER: Arithmetic = {
  ofNumbers: Math.pow,
  ofSizes: numeric(Math.pow),
  ofSignalAndNumbers: power,
  ofNumbersAndSignal: (call, numbers, signal) => withNumbers(call, "power", signal, numbers, true),
  ofSignals: (call, a, b) => ofBoth(call, "power", a, b),
};

const MINIMUM: Arithmetic = { ofNumbers: Math.min, ofSizes: numeric(Math.min), ...limited("minimum") };
const MAXIMUM: Arithmetic = { ofNumbers: Math.max, ofSizes: numeric(Math.max), ...limited("maximum") };

function limited(operation: "minimum" | "maximum"): Omit<Arithmetic, "ofNumbers" | "ofSizes"> {
  return {
    ofSignalAndNumbers: (call, signal, numbers) => limit(call, operation, signal, numbers),
    ofNumbersAndSignal: (call, numbers, signal) => limit(call, operation, signal, numbers),
    ofSignals: (call, a, b) => ofBoth(call, operation, a, b),
  };
}

/** Layers that limit features by one number on one side. */
const limits = new WeakMap<Source, { readonly operation: MapOperation; readonly bound: number; readonly of: Signal }>();

/** A limit; with one before it on the other side it is a clip, which a gate may end with. */
function limit(call: Call, operation: "minimum" | "maximum", signal: Signal, numbers: Float64Array): Signal {
  const [bound] = numbers;
  if (bound === undefined || !numbers.every((one) => one === bound))
    return withNumbers(call, operation, signal, numbers);
  const columns = bareColumns(signal);
  const before = columns === null || columns.includes(ZERO) ? undefined : limits.get(call.wiring.sourceOf(columns[0]!));
  const isSame =
    before !== undefined &&
    columns!.length === widthOf(before.of) &&
    runStart(columns!, call.wiring.sourceOf(columns![0]!)) === 0;
  if (isSame && before.operation !== operation) {
    const [low, high] = operation === "maximum" ? [bound, before.bound] : [before.bound, bound];
    if (low <= high) return activatedBy(call, before.of, { name: "clip", alpha: low, beta: high });
  }
  const result = withNumbers(call, operation, signal, numbers);
  const [source] = call.wiring.sourcesOf(bareColumns(result)!);
  if (source !== undefined && runStart(bareColumns(result)!, source) === 0)
    limits.set(source, { operation, bound, of: signal });
  return result;
}

const activatedBy = (call: Call, signal: Signal, name: Parameters<typeof activated>[1]) =>
  activated(signal, name, call.wiring, call.layerName);

/** The powers that are functions of one element. */
function power(call: Call, signal: Signal, exponents: Float64Array): Signal {
  const [exponent] = exponents;
  if (!exponents.every((one) => one === exponent)) return withNumbers(call, "power", signal, exponents);
  if (exponent === 1) return signal;
  if (exponent === 2) return activatedBy(call, signal, "square");
  if (exponent === 0.5) return activatedBy(call, signal, "sqrt");
  if (exponent === -1) return activatedBy(call, signal, "reciprocal");
  return withNumbers(call, "power", signal, exponents);
}

/** Whether it is 1 + |x|: then x over it is softsign. */
function isOnePlusAbsolute({ wiring, layerName }: Call, x: Signal, { terms, bias }: Signal): boolean {
  const columns = bareColumns({ ...x, terms, bias: null });
  if (columns === null || columns.length === 0 || bias === null || !bias.every((value) => value === 1)) return false;
  const source = wiring.sourceOf(columns[0]!);
  const origin = originOf(source);
  const isWhole = columns.length === source.size && runStart(columns, source) === 0;
  if (!isWhole || origin?.activation.name !== "abs") return false;
  const of = columnsFor(origin.signal, wiring, layerName);
  return columnsFor(x, wiring, layerName).every((column, i) => column === of[i]);
}

/** The GRU cell that ends with this addition, or the addition itself. */
function recognized(call: Call, signal: Signal): Signal {
  const gru = recognizeGruCell(signal, call);
  return gru === null ? signal : sourceSignal(gru, signal.step, signal.isReversed);
}

function combine(call: Call, arithmetic: Arithmetic): Value {
  return combineValues(call, arithmetic, call.input(0), call.input(1));
}

function combineValues(call: Call, arithmetic: Arithmetic, left: Value, right: Value): Value {
  if (left.content.kind === "counter" || right.content.kind === "counter") {
    demand(arithmetic.sign !== undefined, "it computes with the number of a loop's step");
    return addCounted(left, right, arithmetic.sign);
  }
  const { axes, ...both } = broadcast(call, left, right);
  const [a, b] = alignedEnds(call, [both.a, both.b]) as [Value, Value];
  const isSizes = a.content.kind === "sizes" || b.content.kind === "sizes";
  if (a.content.kind === "signal" && b.content.kind === "signal") {
    return { axes, content: arithmetic.ofSignals(call, a.content, b.content) };
  }
  if (a.content.kind === "signal" && b.content.kind === "constant") {
    return { axes, content: arithmetic.ofSignalAndNumbers(call, a.content, Float64Array.from(b.content.values)) };
  }
  if (a.content.kind === "constant" && b.content.kind === "signal") {
    return { axes, content: arithmetic.ofNumbersAndSignal(call, Float64Array.from(a.content.values), b.content) };
  }
  if (isSizes) {
    const [left2, right2] = [sizesOf(a), sizesOf(b)];
    const sizes = left2.map((size, i) => {
      const result = arithmetic.ofSizes(size, right2[i]!);
      demand(result !== null, "it computes with a size that is not known");
      return result;
    });
    return sizesValue(axes, sizes);
  }
  return { axes, content: computeConstant(a, b, arithmetic.ofNumbers) };
}

function computeConstant(a: Value, b: Value, compute: (a: number, b: number) => number): Constant {
  const [left, right] = [a.content, b.content];
  demand(left.kind === "constant" && right.kind === "constant", "it computes with indices");
  const isFloat = left.isFloat || right.isFloat;
  const round = isFloat ? (value: number) => value : Math.trunc;
  const values = Float64Array.from(left.values, (value, i) => round(compute(value, right.values[i]!)));
  return { kind: "constant", values, isFloat, isFloat16: false };
}

/** Broadcasts two values to common axes. */
export function broadcast(call: Call, first: Value, second: Value): { axes: Axis[]; a: Value; b: Value } {
  const rank = Math.max(first.axes.length, second.axes.length);
  const [left, right] = [loosen(call, first, second.axes), loosen(call, second, first.axes)];
  const padded = ({ axes }: Value): Axis[] => [...Array.from({ length: rank - axes.length }, () => 1), ...axes];
  const [from, other] = [padded(left), padded(right)];
  const axes = from.map((axis, i) => joinAxes(axis, other[i]!));
  const over = (value: Value, own: readonly Axis[]) => {
    const steps = strides(own).map((step, i) => (own[i] === 1 ? 0 : step));
    return reindex(value, axes, sourceIndices(call.wiring, axes, steps), call.wiring);
  };
  return { axes, a: over(left, from), b: over(right, other) };
}

function combineAll(call: Call, arithmetic: Arithmetic): Value {
  let total = call.input(0);
  for (let i = 1; i < call.numInputs; i++) total = combineValues(call, arithmetic, total, call.input(i));
  return total;
}

function negate(call: Call): Value[] {
  return [combineValues(call, MULTIPLY, call.input(0), constantValue([], [-1], false))];
}

function where(call: Call): Value[] {
  const inner = broadcast(call, call.input(1), call.input(2));
  const condition = broadcast(call, call.input(0), inner.a);
  demand(condition.a.content.kind === "constant", "it chooses by a condition that is not constant");
  const isFirst = [...condition.a.content.values].map((value) => value !== 0);
  const { axes } = condition;
  const [a, b] = [inner.a, inner.b].map((value) => broadcast(call, value, condition.a).a) as [Value, Value];
  if (isFirst.every(Boolean)) return [{ ...a, axes }];
  if (!isFirst.some(Boolean)) return [{ ...b, axes }];
  if (a.content.kind === "constant" && b.content.kind === "constant") {
    const [left, right] = [a.content.values, b.content.values];
    const values = Float64Array.from(left, (value, i) => (isFirst[i]! ? value : right[i]!));
    return [{ axes, content: { ...a.content, values, isFloat16: false } }];
  }
  if (a.content.kind === "signal" || b.content.kind === "signal") {
    const parts = [a, b].map((value) => mixtureOf(value, call.wiring, call.layerName));
    return [{ axes, content: mixed(parts, isFirst.length, (i) => [isFirst[i]! ? 0 : 1, i]) }];
  }
  const [left, right] = [sizesOf(a), sizesOf(b)];
  return [
    sizesValue(
      axes,
      left.map((size, i) => (isFirst[i]! ? size : right[i]!)),
    ),
  ];
}

/** The number of elements of a shape. */
function reduceProduct(call: Call): Value[] {
  const value = call.input(0);
  const isAll = value.axes.length <= 1;
  demand(isAll, "it multiplies along some axes");
  const total = sizesOf(value).reduce(product, dimension(1));
  return [sizesValue(call.int("keepdims", 1) === 0 ? [] : value.axes.map(() => 1), [total])];
}
