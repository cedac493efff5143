// Operators that reduce values along axes.

import type { Reduction } from "../../layers/reduce.js";
import { type Axis, axisIndex } from "./axes.js";
import type { Call, Operator } from "./call.js";
import { overTime, softmaxOverTime } from "./overTime.js";
import { demand } from "./refusal.js";
import { activated, columnsFor } from "./signals.js";
import { reindex, type Signal, sourceSignal, type Value } from "./value.js";

export const reduceOperators: Readonly<Record<string, Operator>> = {
  ReduceSum: (call) => [reduced(call, "sum")],
  ReduceMean: (call) => [reduced(call, "mean")],
  ReduceMax: (call) => [reduced(call, "max")],
  ReduceMin: (call) => [reduced(call, "min")],
  ReduceSumSquare: (call) => [reduced(call, "sum", "square")],
  ReduceL1: (call) => [reduced(call, "sum", "abs")],
  ReduceL2(call) {
    const { axes, content } = reduced(call, "sum", "square");
    return [{ axes, content: activated(content, "sqrt", call.wiring, call.layerName) }];
  },
  Softmax: (call) => [softmax(call, "softmax")],
  LogSoftmax: (call) => [softmax(call, "logSoftmax")],
  GlobalAveragePool: (call) => [alongAxes(call, call.signal(0), innerAxes(call), "mean", true)],
  GlobalMaxPool: (call) => [alongAxes(call, call.signal(0), innerAxes(call), "max", true)],
};

function innerAxes(call: Call): number[] {
  return call
    .signal(0)
    .axes.map((_, i) => i)
    .slice(2);
}

/** @param of the function of each element before */
function reduced(call: Call, operation: Reduction, of: "square" | "abs" | null = null): Value<Signal> {
  const value = call.signal(0);
  const { axes, content } = value;
  const named = call.whole(1, "axes");
  const isNone = named !== null && named.length === 0;
  if (isNone && call.int("noop_with_empty_axes", 0) !== 0) return value;
  const along = named === null || isNone ? axes.map((_, i) => i) : named.map((axis) => axisIndex(axis, axes.length));
  const keeps = call.int("keepdims", 1) !== 0;
  const operand = of === null ? content : activated(content, of, call.wiring, call.layerName);
  return alongAxes(call, { axes, content: operand }, along, operation, keeps);
}

/** @param keeps whether an axis of 1 stays in place of each */
function alongAxes(
  call: Call,
  { axes, content }: Value<Signal>,
  along: readonly number[],
  operation: Reduction,
  keeps: boolean,
): Value<Signal> {
  const open = along.filter((axis) => typeof axes[axis] !== "number");
  demand(open.length <= 1, "it reduces along time and batch");
  const [time] = open;
  const inner = along.filter((axis) => typeof axes[axis] === "number" && axes[axis] !== 1);
  const left = axes.flatMap((axis, i): Axis[] => (along.includes(i) ? (keeps ? [1] : []) : [axis]));
  if (time !== undefined) {
    const each = alongAxes(call, { axes, content }, inner, operation, true);
    return { axes: left, content: overTime(call, each.content, each.axes[time]!, operation) };
  }
  if (inner.length === 0) return { axes: left, content };
  const { shape, positions } = featureShape(axes);
  const spec = { type: "reduce", inputShape: shape, axes: inner.map((axis) => positions[axis]!), operation } as const;
  const { wiring, layerName } = call;
  const outputSize = left.reduce<number>((total, axis) => (typeof axis === "number" ? total * axis : total), 1);
  const source = wiring.addLayer(layerName, columnsFor(content, wiring, layerName), outputSize, spec);
  return { axes: left, content: sourceSignal(source, content.step, content.isReversed) };
}

/** The axes of features, and the place of each axis among them. Axes of 1 are left out where others are there. */
function featureShape(axes: readonly Axis[]): { shape: number[]; positions: number[] } {
  const shape: number[] = [];
  const positions = axes.map((axis) => (typeof axis === "number" && axis !== 1 ? shape.push(axis) - 1 : -1));
  return { shape: shape.length > 0 ? shape : [1], positions };
}

/** Along an axis; along all axes from it on in older operator sets. */
function softmax(call: Call, operation: "softmax" | "logSoftmax"): Value {
  const value = call.signal(0);
  const { axes, content } = value;
  const { wiring, layerName } = call;
  const isFlattening = call.reading.opset < 13;
  const axis = axisIndex(call.int("axis", isFlattening ? 1 : -1), axes.length);
  const over = isFlattening ? axes.map((_, i) => i).slice(axis) : [axis];
  const open = over.filter((i) => typeof axes[i] !== "number" && axes[i]!.some(({ root }) => root.size !== 1));
  const inner = over.filter((i) => typeof axes[i] === "number" && axes[i] !== 1);
  if (open.length > 0) {
    const isTimeAlone = open.length === 1 && inner.length === 0 && operation === "softmax";
    demand(isTimeAlone, "it runs over time or batch");
    return { axes, content: softmaxOverTime(call, content, axes[open[0]!]!) };
  }
  const { shape, positions } = featureShape(axes);
  if (inner.length === shape.length) return { axes, content: activated(content, operation, wiring, layerName) };
  demand(inner.length > 0, "it runs over an axis of one element");
  const spec = { type: "reduce", inputShape: shape, axes: inner.map((i) => positions[i]!), operation } as const;
  const columns = columnsFor(content, wiring, layerName);
  const source = wiring.addLayer(layerName, columns, columns.length, spec);
  return reindex({ axes, content: sourceSignal(source, content.step, content.isReversed) }, axes, null, wiring);
}
