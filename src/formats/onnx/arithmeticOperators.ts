// Operators that compute element by element, without an activation.

import { type Axis, type Dimension, dimension, isSameDimension, joinAxes, product, quotient, strides } from "./axes.js";
import type { Call, Operator } from "./call.js";
import { recognizeGruCell } from "./gruCell.js";
import { demand, Refusal } from "./refusal.js";
import { loosen, sourceIndices } from "./shapeOperators.js";
import { activated, columnsFor, scaled, shifted, sum, together, widthOf } from "./signals.js";
import {
  type Constant,
  constantValue,
  reindex,
  type Signal,
  sizesOf,
  sizesValue,
  sourceSignal,
  type Value,
} from "./value.js";
import { type AbsoluteSource, type ProductSource, runStart } from "./wiring.js";

export const arithmeticOperators: Readonly<Record<string, Operator>> = {
  Add: (call) => [combine(call, ADD)],
  Sub: (call) => [combine(call, SUBTRACT)],
  Mul: (call) => [combine(call, MULTIPLY)],
  Div: (call) => [combine(call, DIVIDE)],
  Sum: sumAll,
  Pow: (call) => [ofConstants(call, Math.pow)],
  Min: (call) => [ofConstants(call, Math.min)],
  Max: (call) => [ofConstants(call, Math.max)],
  Sqrt: (call) => [ofConstants(call, Math.sqrt)],
  Reciprocal: (call) => [ofConstants(call, (x) => 1 / x)],
  Neg: negate,
  Abs: absolute,
  Equal: equal,
  Where: where,
  ReduceProd: reduceProduct,
};

interface Arithmetic {
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
  ofNumbers: (a, b) => a + b,
  ofSizes: (a, b) => (isZero(a) ? b : isZero(b) ? a : numeric((x, y) => x + y)(a, b)),
  ofSignalAndNumbers: (_, signal, numbers) => shifted(signal, numbers),
  ofNumbersAndSignal: (_, numbers, signal) => shifted(signal, numbers),
  ofSignals: (call, a, b) => recognized(call, sum(a, b, 1, call.wiring)),
};

const SUBTRACT: Arithmetic = {
  ofNumbers: (a, b) => a - b,
  ofSizes: (a, b) => (isZero(b) ? a : numeric((x, y) => x - y)(a, b)),
  ofSignalAndNumbers: (_, signal, numbers) => shifted(signal, minus(numbers)),
  ofNumbersAndSignal: (call, numbers, signal) => shifted(scaledBy(call, signal, ones(signal, -1)), numbers),
  ofSignals: (call, a, b) => recognized(call, sum(a, b, -1, call.wiring)),
};

const MULTIPLY: Arithmetic = {
  ofNumbers: (a, b) => a * b,
  ofSizes: product,
  ofSignalAndNumbers: scaledBy,
  ofNumbersAndSignal: (call, numbers, signal) => scaledBy(call, signal, numbers),
  ofSignals: multiplySignals,
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
  ofNumbersAndSignal: () => {
    throw new Refusal("it divides by features");
  },
  ofSignals: softsign,
};

/** A product of features. No layer computes one, but a GRU cell around it may be recognized. */
function multiplySignals(call: Call, a: Signal, b: Signal): Signal {
  const { wiring, layerName } = call;
  const source = wiring.add<ProductSource>({
    type: "product",
    name: layerName,
    size: widthOf(a),
    left: columnsFor(a, wiring, layerName),
    right: columnsFor(b, wiring, layerName),
  });
  const { step, isReversed } = together(a, b);
  return sourceSignal(source, step, isReversed);
}

function absolute(call: Call): Value[] {
  if (call.input(0).content.kind !== "signal") return [ofConstants(call, Math.abs)];
  const { wiring, layerName } = call;
  const { axes, content } = call.signal(0);
  const of = columnsFor(content, wiring, layerName);
  const source = wiring.add<AbsoluteSource>({ type: "absolute", name: layerName, size: of.length, of });
  return [{ axes, content: sourceSignal(source, content.step, content.isReversed) }];
}

/** x / (1 + |x|), the only quotient of features that a layer computes. */
function softsign(call: Call, x: Signal, divisor: Signal): Signal {
  const { wiring, layerName } = call;
  const { columns, weight, scale, bias } = divisor;
  const source = wiring.sourceOf(columns[0]!);
  const isOnePlus = weight === null && scale === null && bias !== null && bias.every((value) => value === 1);
  const isOfSame =
    source.type === "absolute" &&
    columns.length === source.size &&
    runStart(columns, source) === 0 &&
    columnsFor(x, wiring, layerName).every((column, i) => column === source.of[i]);
  demand(isOnePlus && isOfSame, "it divides by features");
  return activated(x, "softsign", wiring, layerName);
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
  const { axes, a, b } = broadcast(call, left, right);
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
function broadcast(call: Call, first: Value, second: Value): { axes: Axis[]; a: Value; b: Value } {
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

function sumAll(call: Call): Value[] {
  let total = call.input(0);
  for (let i = 1; i < call.numInputs; i++) total = combineValues(call, ADD, total, call.input(i));
  return [total];
}

/** An operator that is supported only for constants. */
function ofConstants(call: Call, compute: (a: number, b: number) => number): Value {
  const inputs = Array.from({ length: call.numInputs }, (_, i) => call.input(i));
  demand(
    inputs.every(({ content }) => content.kind === "constant"),
    "it computes on features",
  );
  const { axes, a, b } = broadcast(call, inputs[0]!, inputs.at(-1)!);
  demand(inputs.length <= 2, "it has more than two inputs");
  return { axes, content: computeConstant(a, b, compute) };
}

function negate(call: Call): Value[] {
  return [combineValues(call, MULTIPLY, call.input(0), constantValue([], [-1], false))];
}

function equal(call: Call): Value[] {
  const { axes, a, b } = broadcast(call, call.input(0), call.input(1));
  const [left, right] = [sizesOf(a), sizesOf(b)];
  const values = left.map((size, i) => Number(isSameDimension(size, right[i]!)));
  return [{ axes, content: { kind: "constant", values: Float64Array.from(values), isFloat: false, isFloat16: false } }];
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
