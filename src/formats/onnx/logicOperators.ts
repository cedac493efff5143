// Comparisons and conditions of numbers and sizes that are known when the graph is read.

import { broadcast } from "./arithmeticOperators.js";
import { dimension, isSameDimension, product } from "./axes.js";
import type { Call, Operator } from "./call.js";
import { dimensionOf } from "./axes.js";
import { sizesOf, sizesValue, type Value } from "./value.js";

export const logicOperators: Readonly<Record<string, Operator>> = {
  Equal: equal,
  Less: compared((a, b) => a < b),
  LessOrEqual: compared((a, b) => a <= b),
  Greater: compared((a, b) => a > b),
  GreaterOrEqual: compared((a, b) => a >= b),
  And: compared((a, b) => a !== 0 && b !== 0),
  Or: compared((a, b) => a !== 0 || b !== 0),
  Xor: compared((a, b) => (a !== 0) !== (b !== 0)),
  Not: (call) => {
    const { shape, content } = call.constant(0);
    return [truths(shape, content.values, (value) => value === 0)];
  },
  Size: size,
};

function truths(axes: Value["axes"], values: ArrayLike<number>, isTrue: (value: number, i: number) => boolean): Value {
  const numbers = Float64Array.from(values, (value, i) => Number(isTrue(value, i)));
  return { axes, content: { kind: "constant", values: numbers, isFloat: false, isFloat16: false } };
}

/** An open size is no number that a graph compares it with. */
function equal(call: Call): Value[] {
  const { axes, a, b } = broadcast(call, call.input(0), call.input(1));
  const [left, right] = [sizesOf(a), sizesOf(b)];
  return [truths(axes, new Float64Array(left.length), (_, i) => isSameDimension(left[i]!, right[i]!))];
}

function compared(compare: (a: number, b: number) => boolean): Operator {
  return (call) => {
    call.constant(0);
    const { content } = call.constant(1);
    void content;
    const { axes, a, b } = broadcast(call, call.input(0), call.input(1));
    const [left, right] = [a, b].map((value) => (value.content.kind === "constant" ? value.content.values : []));
    return [truths(axes, left!, (value, i) => compare(value, right![i]!))];
  };
}

/** The number of elements. */
function size(call: Call): Value[] {
  return [sizesValue([], [call.input(0).axes.map(dimensionOf).reduce(product, dimension(1))])];
}
