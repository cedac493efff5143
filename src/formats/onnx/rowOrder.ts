// Rows in the order of their lengths, as pack_padded_sequence(..., enforce_sorted=False) has them: TopK gives the order, gathers
// put rows into it, and gathers by the inverse, which a ScatterElements makes, put them back. The axis of such rows is one of its
// own, so that nothing joins rows of two orders.

import { type Axis, axisIndex, dimensionOf, FreeAxis, isSameDimension } from "./axes.js";
import type { Call, Operator } from "./call.js";
import { demand } from "./refusal.js";
import { describeContent, type Order, sizesOf, type Value } from "./value.js";

export const orderOperators: Readonly<Record<string, Operator>> = {
  TopK: sortLengths,
  ScatterElements: invert,
};

const isSameAxis = (a: Axis, b: Axis) => isSameDimension(dimensionOf(a), dimensionOf(b));

/** The lengths from the longest on, and the row of each. */
function sortLengths(call: Call): Value[] {
  const { axes, content } = call.input(0);
  demand(content.kind === "lengths" && axes.length === 1, `it sorts ${describeContent(content)}`);
  const [rows] = axes as [Axis];
  const [number, second] = sizesOf(call.input(1));
  const isWhole = number !== undefined && second === undefined && isSameDimension(number, dimensionOf(rows));
  demand(isWhole && axisIndex(call.int("axis", -1), 1) === 0, "it sorts some of the rows");
  call.reading.roles.bind(rows, "batch");
  const sorted: Axis = [new FreeAxis(null, "sorted")];
  const order: Order = { kind: "order", of: rows };
  return [
    { axes: [sorted], content },
    { axes: [sorted], content: order },
  ];
}

/** The row of each place where that is its own number. */
export function rowNumbers(rows: Axis): Value<Order> {
  return { axes: [rows], content: { kind: "order", of: rows } };
}

/** Row numbers, scattered by an order: its inverse. */
function invert(call: Call): Value[] {
  const [data, order, numbers] = [call.input(0), call.input(1), call.input(2)];
  const isScattered =
    order.content.kind === "order" &&
    numbers.content.kind === "order" &&
    data.content.kind === "constant" &&
    data.axes.length === 1 &&
    call.string("reduction", "none") === "none" &&
    isSameAxis(order.axes[0]!, numbers.axes[0]!) &&
    isSameAxis(numbers.content.of, numbers.axes[0]!) &&
    isSameAxis(data.axes[0]!, order.axes[0]!);
  demand(isScattered, "it sorts something other than the rows of a batch");
  return [{ axes: [(order.content as Order).of], content: { kind: "order", of: order.axes[0]! } }];
}

/** Rows in another order. */
export function reordered(
  call: Call,
  value: Value,
  axis: number,
  { axes: places, content: { of } }: Value<Order>,
): Value {
  const { axes, content } = value;
  const rows = axes[axis]!;
  demand(places.length === 1 && typeof rows !== "number", "it takes several steps or rows");
  const isMovable = content.kind === "signal" || content.kind === "indices" || content.kind === "lengths";
  demand(isMovable, `it sorts ${describeContent(content)}`);
  call.reading.roles.bind(rows, "batch");
  call.reading.roles.bind(of, "batch");
  demand(isSameAxis(rows, of), "it takes rows of one order as those of another");
  return { axes: axes.map((own, i) => (i === axis ? places[0]! : own)), content };
}
