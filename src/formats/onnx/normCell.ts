// Recognises a normalisation that is written out in single operators: (x - mean) / sqrt(mean of squares + epsilon).

import type { Call } from "./call.js";
import { originOf } from "./emit.js";
import { addNorm } from "./normOperators.js";
import { bareColumns, together } from "./signals.js";
import { columnsSignal, type Signal, type Term } from "./value.js";
import { type Wiring, ZERO } from "./wiring.js";

/** A mean of consecutive columns of a reduce layer: its columns, one after the other. */
function averaged(column: number, wiring: Wiring): Int32Array | null {
  if (column === ZERO) return null;
  const source = wiring.sourceOf(column);
  if (source.type !== "layer" || source.spec.type !== "reduce" || source.spec.operation !== "mean") return null;
  const { inputShape, axes } = source.spec;
  const first = inputShape.length - axes.length;
  if (![...axes].sort((a, b) => a - b).every((axis, i) => axis === first + i)) return null; // not the last axes
  const width = inputShape.slice(first).reduce((product, size) => product * size, 1);
  const start = (column - source.first) * width;
  return source.columns.subarray(start, start + width);
}

/** The column whose function a column is; null for another function, or a function of several. */
function argument(column: number, name: "sqrt" | "square", wiring: Wiring): { column: number; bias: number } | null {
  if (column === ZERO) return null;
  const source = wiring.sourceOf(column);
  const origin = originOf(source);
  if (origin?.activation.name !== name || origin.signal.terms.length !== 1) return null;
  const [{ columns, weight, scale }] = origin.signal.terms as [Term];
  const feature = column - source.first;
  if (weight !== null || scale !== null) return null;
  return { column: columns[feature]!, bias: origin.signal.bias?.[feature] ?? 0 };
}

/** The x of a column x - mean; null for another column. @returns x, and the column of the mean */
function centred(column: number, wiring: Wiring): { x: number; mean: number } | null {
  if (column === ZERO) return null;
  const source = wiring.sourceOf(column);
  const origin = originOf(source);
  if (origin?.activation.name !== "linear" || origin.signal.bias !== null || origin.signal.terms.length !== 2)
    return null;
  const feature = column - source.first;
  const [left, right] = origin.signal.terms as [Term, Term];
  const isDifference = left.weight === null && right.weight === null && right.scale?.[feature] === -1;
  if (!isDifference || (left.scale?.[feature] ?? 1) !== 1) return null;
  return { x: left.columns[feature]!, mean: right.columns[feature]! };
}

/** Features that are normalised together. */
interface Group {
  readonly columns: Int32Array;
  readonly isCentred: boolean;
  /** The index among the columns of each column that is divided. */
  readonly places: ReadonlyMap<number, number>;
}

/** The features whose deviation a column is. */
function groupOf(root: number, wiring: Wiring): (Group & { readonly epsilon: number }) | null {
  const variance = argument(root, "sqrt", wiring);
  const squares = variance && averaged(variance.column, wiring);
  if (!squares || !(variance.bias > 0)) return null;
  const divided = Int32Array.from(squares, (square) => {
    const squared = argument(square, "square", wiring);
    return squared === null || squared.bias !== 0 ? ZERO : squared.column;
  });
  if (divided.includes(ZERO)) return null;
  const places = new Map(Array.from(divided, (column, i) => [column, i]));
  const differences = Array.from(divided, (column) => centred(column, wiring));
  const mean = differences[0] && averaged(differences[0].mean, wiring);
  const isOfMean = (one: (typeof differences)[number], i: number) =>
    one !== null && one.mean === differences[0]!.mean && one.x === mean![i];
  const isCentred = mean?.length === divided.length && differences.every(isOfMean);
  return { columns: isCentred ? mean! : divided, isCentred, places, epsilon: variance.bias };
}

/** The normalisation that ends with the division a / b; null for another division. */
export function recognizeNorm(call: Call, a: Signal, b: Signal): Signal | null {
  const { wiring } = call;
  const [above, below] = [bareColumns(a), bareColumns(b)];
  if (above === null || below === null || above.length === 0) return null;
  wiring.spend(above.length);
  const roots = [...new Set(below)];
  const groups: (Group & { readonly epsilon: number })[] = [];
  for (const root of roots) {
    const group = groupOf(root, wiring);
    if (group === null) return null;
    wiring.spend(group.columns.length);
    groups.push(group);
  }
  const [{ epsilon, isCentred, columns }] = groups as [Group & { readonly epsilon: number }];
  const isAlike = groups.every(
    (group) => group.epsilon === epsilon && group.isCentred === isCentred && group.columns.length === columns.length,
  );
  const numbers = new Map(roots.map((root, i) => [root, i]));
  const taken = Array.from(above, (column, i) => {
    const group = numbers.get(below[i]!)!;
    const place = groups[group]!.places.get(column);
    return place === undefined ? -1 : group * columns.length + place;
  });
  if (!isAlike || taken.includes(-1)) return null;
  const { step, isReversed } = together(a, b);
  const read = columnsSignal(Int32Array.from(groups.flatMap((group) => [...group.columns])), step, isReversed);
  const normal = bareColumns(addNorm(call, read, { groups: groups.length, epsilon, center: isCentred }))!;
  return columnsSignal(
    Int32Array.from(taken, (at) => normal[at]!),
    step,
    isReversed,
  );
}
