// Operations on each feature, or on each two features of the same place.

import type { MapOperation } from "../../layers/map.js";
import type { Call } from "./call.js";
import { orderOf } from "./emit.js";
import { columnsFor, together } from "./signals.js";
import { columnsSignal, plainTerm, type Signal } from "./value.js";

/** operation(a, numbers), or operation(numbers, a). */
export function withNumbers(
  { wiring, layerName }: Call,
  operation: MapOperation,
  signal: Signal,
  numbers: Float64Array,
  operandFirst = false,
): Signal {
  const columns = columnsFor(signal, wiring, layerName);
  const order = orderOf([plainTerm(columns)], wiring);
  const outputSize = columns.length;
  const source = wiring.addLayer(layerName, taken(columns, order), outputSize, {
    type: "map",
    outputSize,
    operation,
    operandFirst,
    operand: Float32Array.from(order ?? numbers, order ? (from) => numbers[from]! : undefined),
  });
  return columnsSignal(putBack(source.first, outputSize, order), signal.step, signal.isReversed);
}

/** operation(a, b). */
export function ofBoth({ wiring, layerName }: Call, operation: MapOperation, a: Signal, b: Signal): Signal {
  const { step, isReversed } = together(a, b);
  const [left, right] = [columnsFor(a, wiring, layerName), columnsFor(b, wiring, layerName)];
  const order = orderOf([plainTerm(left), plainTerm(right)], wiring);
  const outputSize = left.length;
  const columns = new Int32Array(2 * outputSize);
  columns.set(taken(left, order));
  columns.set(taken(right, order), outputSize);
  const source = wiring.addLayer(layerName, columns, outputSize, { type: "map", outputSize, operation });
  return columnsSignal(putBack(source.first, outputSize, order), step, isReversed);
}

function taken(columns: Int32Array, order: Int32Array | null): Int32Array {
  return order === null ? columns : order.map((from) => columns[from]!);
}

/** Columns of a layer whose features are in that order. */
function putBack(first: number, size: number, order: Int32Array | null): Int32Array {
  const columns = Int32Array.from({ length: size }, (_, i) => first + i);
  if (order === null) return columns;
  const inPlace = new Int32Array(size);
  order.forEach((to, i) => (inPlace[to] = columns[i]!));
  return inPlace;
}
