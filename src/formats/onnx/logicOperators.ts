// Comparisons and conditions of numbers and sizes that are known when the graph is read.

import { broadcast } from "./arithmeticOperators.js";
import { type Dimension, dimension, dimensionOf, isSameDimension, product } from "./axes.js";
import type { Call, Operator } from "./call.js";
import { below, both } from "./loopCount.js";
import { demand } from "./refusal.js";
import { sizesOf, sizesValue, type Value } from "./value.js";

export const logicOperators: Readonly<Record<string, Operator>> = {
  Equal: equal,
  Less: compared((a, b) => a < b, { counterIs: 0, orEqual: false }),
  LessOrEqual: compared((a, b) => a <= b, { counterIs: 0, orEqual: true }),
  Greater: compared((a, b) => a > b, { counterIs: 1, orEqual: false }),
  GreaterOrEqual: compared((a, b) => a >= b, { counterIs: 1, orEqual: true }),
  And: (call) => {
    const [left, right] = [call.input(0), call.input(1)];
    const isOfLoop = left.content.kind === "condition" || right.content.kind === "condition";
    return isOfLoop ? [both(left, right)] : compared((a, b) => a !== 0 && b !== 0)(call);
  },
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

/** @param limit where the comparison limits a loop's counter: which input that is */
function compared(
  compare: (a: number, b: number) => boolean,
  limit?: { readonly counterIs: 0 | 1; readonly orEqual: boolean },
): Operator {
  return (call) => {
    const [counter, other] = [0, 1].map((i) => call.input(limit?.counterIs === 1 ? 1 - i : i)) as [Value, Value];
    if (limit !== undefined && counter.content.kind === "counter") return [below(counter, other, limit.orEqual)];
    const isKnown = [0, 1].some((i) => call.input(i).content.kind === "sizes");
    if (isKnown) return [comparedSizes(call, compare)];
    call.constant(0);
    call.constant(1);
    const { axes, a, b } = broadcast(call, call.input(0), call.input(1));
    const [left, right] = [a, b].map((value) => (value.content.kind === "constant" ? value.content.values : []));
    return [truths(axes, left!, (value, i) => compare(value, right![i]!))];
  };
}

/** The least and the greatest number that a size can be. */
const range = ({ factor, free }: Dimension) => [factor, free.length === 0 ? factor : factor * Infinity] as const;

/** Compares sizes where the result is the same for any number of steps and rows, which is 1 at least. */
function comparedSizes(call: Call, compare: (a: number, b: number) => boolean): Value {
  const { axes, a, b } = broadcast(call, call.input(0), call.input(1));
  const [left, right] = [sizesOf(a), sizesOf(b)];
  return truths(axes, new Float64Array(left.length), (_, i) => {
    const results = range(left[i]!).flatMap((one) => range(right[i]!).map((other) => compare(one, other)));
    demand(
      results.every((result) => result === results[0]),
      "it compares a number of steps or rows, which is not known",
    );
    return results[0]!;
  });
}

/** The number of elements. */
function size(call: Call): Value[] {
  return [sizesValue([], [call.input(0).axes.map(dimensionOf).reduce(product, dimension(1))])];
}
