// Operators that change the layout of elements, or compute shapes.

import {
  type Axis,
  axisIndex,
  axisOf,
  type Dimension,
  dimension,
  dimensionOf,
  frozenNumber,
  isTime,
  joinAxes,
  numFeatures,
  product,
  regroup,
  strides,
} from "./axes.js";
import type { Call, Operator } from "./call.js";
import { visitStrided } from "../strided.js";
import { rowNumbers } from "./rowOrder.js";
import { isOne } from "./ends.js";
import { stepsTogether } from "./overTime.js";
import { demand, Refusal } from "./refusal.js";
import { isIntegerType } from "./tensorProto.js";
import {
  columnsSignal,
  type Constant,
  constantValue,
  reindex,
  type Signal,
  sizesOf,
  sizesValue,
  type Value,
} from "./value.js";
import type { Wiring } from "./wiring.js";

export const shapeOperators: Readonly<Record<string, Operator>> = {
  Constant: (call) => [constantOf(call)],
  Identity: (call) => [call.input(0)],
  Dropout: dropout,
  Cast: cast,
  Shape: shape,
  ConstantOfShape: constantOfShape,
  Range: range,
  Transpose: transpose,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Reshape: reshape,
  Flatten: flatten,
  Expand: (call) => [stretch(call, targetAxes(call.input(1)))],
  Tile: tile,
};

function constantOf(call: Call): Value {
  const { attributes } = call.node;
  const tensor = call.tensor("value");
  if (tensor !== null) {
    const { shape: axes, ...content } = tensor;
    call.wiring.spend(content.values.length);
    return { axes, content: { kind: "constant", ...content } };
  }
  const float = attributes.get("value_float")?.float;
  if (typeof float === "number") return constantValue([], [float], true);
  const int = attributes.get("value_int")?.int;
  if (typeof int === "number") return constantValue([], [int], false);
  const floats = attributes.get("value_floats")?.floats;
  if (floats !== undefined) return constantValue([floats.length], [...floats], true);
  const ints = attributes.get("value_ints")?.ints;
  if (ints !== undefined) return constantValue([ints.length], [...ints], false);
  throw new Refusal("it needs a dense tensor of numbers");
}

function dropout(call: Call): Value[] {
  const training = call.optional(2)?.content;
  const isTraining = training !== undefined && !(training.kind === "constant" && training.values[0] === 0);
  demand(!isTraining, "it is in training mode");
  return [call.input(0)];
}

function cast(call: Call): Value[] {
  const value = call.input(0);
  const toInteger = isIntegerType(call.int("to", 0));
  const { content } = value;
  if (content.kind !== "constant") {
    if (content.kind === "quantised" && !toInteger) {
      demand(content.scale === 1 && content.zero === 0, "it takes whole numbers that were rounded as features");
      return [{ ...value, content: content.signal }];
    }
    const isWhole = content.kind !== "signal";
    demand(isWhole || !toInteger, "it rounds features to whole numbers");
    return [value];
  }
  if (!toInteger) return [{ ...value, content: { ...content, isFloat: true } }];
  const isBool = call.int("to", 0) === 9;
  const values = Float64Array.from(content.values, isBool ? (item) => Number(item !== 0) : Math.trunc);
  return [{ ...value, content: { ...content, values, isFloat: false, isFloat16: false } }];
}

function shape(call: Call): Value[] {
  const { axes } = call.input(0);
  const rank = axes.length;
  const start = clampIndex(call.int("start", 0), rank);
  const end = clampIndex(call.int("end", rank), rank);
  const sizes = axes.slice(start, end).map(dimensionOf);
  return [sizesValue([sizes.length], sizes)];
}

function clampIndex(index: number, rank: number): number {
  return Math.min(Math.max(index < 0 ? index + rank : index, 0), rank);
}

function constantOfShape(call: Call): Value[] {
  const axes = targetAxes(call.input(0));
  const fill = call.tensor("value") ?? { values: [0], isFloat: true };
  call.wiring.spend(numFeatures(axes));
  const values = new Float64Array(numFeatures(axes)).fill(fill.values[0] ?? 0);
  return [{ axes, content: { kind: "constant", values, isFloat: fill.isFloat, isFloat16: false } }];
}

function targetAxes(value: Value): Axis[] {
  const axes = sizesOf(value).map(axisOf);
  for (const axis of axes) demand(typeof axis !== "number" || axis >= 0, `it makes an axis of size ${String(axis)}`);
  return axes;
}

function range(call: Call): Value[] {
  const limit = call.input(1);
  if (limit.content.kind === "sizes") return [rowNumbers(rowsOf(call, limit))];
  const [start, end, delta] = [0, 1, 2].map((i) => call.constant(i).content.values[0]!) as [number, number, number];
  const length = Math.max(0, Math.ceil((end - start) / delta));
  call.wiring.spend(length);
  const values = Float64Array.from({ length }, (_, i) => start + i * delta);
  return [constantValue([length], values, call.constant(0).content.isFloat)];
}

/** The axis that has a number for each of its rows. */
function rowsOf(call: Call, limit: Value): Axis {
  const [start, delta] = [0, 2].map((i) => call.constant(i).content.values[0]);
  const [size, second] = sizesOf(limit);
  demand(start === 0 && delta === 1 && second === undefined, "it counts steps or rows otherwise than by one");
  return axisOf(size!);
}

function transpose(call: Call): Value[] {
  const value = call.input(0);
  const rank = value.axes.length;
  const order = call.ints("perm") ?? value.axes.map((_, i) => rank - 1 - i);
  return [permuted(call, value, order)];
}

/** Permutes axes: axis `order[i]` becomes axis i. */
export function permuted(call: Call, value: Value, order: readonly number[]): Value {
  const { axes } = value;
  const isOrder = order.length === axes.length && axes.every((_, axis) => order.includes(axis));
  demand(isOrder, `it orders ${axes.length} axes by [${order.join(", ")}]`);
  const steps = strides(axes);
  const newAxes = order.map((axis) => axes[axis]!);
  return reindex(
    value,
    newAxes,
    sourceIndices(
      call.wiring,
      newAxes,
      order.map((axis) => steps[axis]!),
    ),
    call.wiring,
  );
}

/**
 * For each element of the axes, in row-major order, the index of its source element.
 *
 * @param steps of each axis in the source, in elements
 * @returns null for the identity
 */
export function sourceIndices(wiring: Wiring, axes: readonly Axis[], steps: readonly number[]): Int32Array | null {
  wiring.spend(numFeatures(axes));
  const sizes = axes.map((axis) => (typeof axis === "number" ? axis : 1));
  const take = new Int32Array(numFeatures(axes));
  let isSame = true;
  visitStrided(sizes, steps, (i, from) => {
    take[i] = from;
    isSame &&= from === i;
  });
  return isSame ? null : take;
}

function squeeze(call: Call): Value[] {
  const value = call.input(0);
  const { axes } = value;
  const named = call.whole(1, "axes")?.map((index) => axisIndex(index, axes.length));
  for (const i of named ?? []) {
    const axis = axes[i]!;
    demand(typeof axis !== "number" || axis === 1, `it takes away an axis of ${String(axis)} features`);
    // An open axis must have size 1 when the graph runs; it is dropped here without a check.
    const frozen = typeof axis === "number" ? null : axis.find(({ root }) => root.size !== null && root.size !== 1);
    demand(!frozen, `it takes away an axis of size ${frozen?.root.size}`);
  }
  const rest = axes.filter((axis, i) => !(named === undefined ? isOne(axis) : named.includes(i)));
  return [reindex(value, rest, null, call.wiring)];
}

function unsqueeze(call: Call): Value[] {
  const value = call.input(0);
  const named = call.whole(1, "axes") ?? [];
  const rank = value.axes.length + named.length;
  const positions = new Set(named.map((index) => axisIndex(index, rank)));
  demand(positions.size === named.length, "it names an axis twice");
  const rest = [...value.axes];
  const axes = Array.from({ length: rank }, (_, i) => (positions.has(i) ? 1 : rest.shift()!));
  return [reindex(value, axes, null, call.wiring)];
}

const isNumber = ({ factor, free }: Dimension, number: number) => free.length === 0 && factor === number;

function reshape(call: Call): Value[] {
  const value = call.input(0);
  const { axes } = value;
  const keepsZero = call.int("allowzero", 0) !== 0;
  const targets = sizesOf(call.input(1)).map((size, i) => {
    if (isNumber(size, -1)) return null;
    if (!isNumber(size, 0) || keepsZero) return size;
    demand(i < axes.length, "it keeps an axis that is not there");
    return dimensionOf(axes[i]!);
  });
  demand(targets.filter((target) => target === null).length <= 1, "it leaves two sizes open");
  return [regrouped(call, value, targets)];
}

/** The same elements in other groups; features of all steps are joined by a layer. */
function regrouped(call: Call, value: Value, targets: readonly (Dimension | null)[]): Value {
  try {
    return reindex(value, regroup(value.axes, targets), null, call.wiring);
  } catch (error) {
    const time = value.axes.findIndex(isTime);
    const isOfSteps = value.content.kind === "signal" && time >= 0 && frozenAxis(value.axes[time]!) !== null;
    if (!(error instanceof Refusal) || !isOfSteps) throw error;
    const spread = spreadTime(call, value as Value<Signal>, time);
    return reindex(spread, regroup(spread.axes, targets), null, call.wiring);
  }
}

/** A value whose time axis is one of features. */
function spreadTime(call: Call, { axes, content }: Value<Signal>, time: number): Value {
  const columns = stepsTogether(call, content, axes[time]!);
  const width = numFeatures(axes);
  const spread = axes.map((axis, i) => (i === time ? columns.length / width : axis));
  // Its elements are [T, ...features]; the axis may be between features.
  const order = [spread[time]!, ...spread.filter((_, i) => i !== time)];
  const steps = strides(order);
  const own = spread.map((_, i) => (i === time ? steps[0]! : steps[i < time ? i + 1 : i]!));
  const value = { axes: spread, content: columnsSignal(columns, "final", false) };
  return reindex(value, spread, sourceIndices(call.wiring, spread, own), call.wiring);
}

const total = (axes: readonly Axis[]) => axes.map(dimensionOf).reduce(product, dimension(1));

function flatten(call: Call): Value[] {
  const value = call.input(0);
  const rank = value.axes.length;
  const index = call.int("axis", 1);
  const axis = index === rank ? rank : axisIndex(index, rank);
  const targets = [total(value.axes.slice(0, axis)), total(value.axes.slice(axis))];
  return [regrouped(call, value, targets)];
}

/** Repeats a value to a shape, like the operator Expand. */
function stretch(call: Call, target: readonly Axis[]): Value {
  const value = loosen(call, call.input(0), target, true);
  const rank = Math.max(value.axes.length, target.length);
  const padded = (axes: readonly Axis[]): Axis[] => [...Array.from({ length: rank - axes.length }, () => 1), ...axes];
  const from = padded(value.axes);
  const axes = padded(target).map((axis, i) => joinAxes(from[i]!, axis));
  const isSpread = axes.some((axis, i) => typeof axis !== "number" && typeof from[i] === "number");
  demand(!isSpread || value.content.kind !== "signal", "it repeats features along time or batch");
  const steps = strides(from).map((step, i) => (from[i] === 1 ? 0 : step));
  return reindex(value, axes, sourceIndices(call.wiring, axes, steps), call.wiring);
}

/**
 * Reduces a constant's frozen time or batch axes to size 1 where it is the same all along.
 *
 * @param beside the other axes
 * @param isOpen whether an axis is frozen, too, where the other one is open: the graph is right at that one size
 */
export function loosen(call: Call, value: Value, beside: readonly Axis[], isOpen = false): Value {
  const { axes, content } = value;
  if (content.kind !== "constant") return value;
  const steps = strides(axes);
  const isFrozen = axes.map((axis, i) => {
    const other = beside.at(i - axes.length);
    if (typeof axis !== "number" || axis === 1 || other === undefined) return false;
    return frozenAxis(other) === axis || (isOpen && typeof other !== "number" && frozenAxis(other) === null);
  });
  if (!isFrozen.includes(true)) return value;
  const loose = axes.map((axis, i) => (isFrozen[i] ? 1 : axis));
  const once = sourceIndices(call.wiring, loose, steps) ?? Int32Array.from({ length: numFeatures(loose) }, (_, i) => i);
  const all = sourceIndices(
    call.wiring,
    axes,
    strides(loose).map((step, i) => (isFrozen[i] ? 0 : step)),
  );
  const isSame = content.values.every((number, i) => number === content.values[once[all?.[i] ?? i]!]);
  return isSame ? reindex(value, loose, once, call.wiring) : value;
}

/** The size of a frozen time or batch axis; null for another axis. */
function frozenAxis(axis: Axis): number | null {
  return typeof axis === "number" ? null : frozenNumber(dimensionOf(axis));
}

/** Repeats features along their axes; along time or batch, only what has one element there. */
function tile(call: Call): Value[] {
  const value = call.input(0);
  const { axes } = value;
  const repeats = sizesOf(call.input(1));
  demand(repeats.length === axes.length, "it needs one number of repeats for each axis");
  const times = axes.map((axis, i) => (typeof axis === "number" && axis !== 1 ? frozenNumber(repeats[i]!) : 1));
  const isKnown = times.every((number) => number !== null && Number.isInteger(number) && number >= 0);
  demand(isKnown, "it repeats features as often as there are steps or rows");
  const target = axes.map((axis, i) => {
    const isOnce = isNumber(repeats[i]!, 1);
    demand(isOnce || typeof axis === "number", "it repeats time or batch");
    return isOnce || axis !== 1 ? axis : axisOf(repeats[i]!);
  });
  const stretched = stretch(call, target);
  if (times.every((number) => number === 1)) return [stretched];
  // Each axis becomes two, of which the first goes over the same elements again.
  const parted = stretched.axes.flatMap((axis, i) => [times[i]!, axis]);
  const steps = strides(stretched.axes).flatMap((step) => [0, step]);
  const tiled = stretched.axes.map((axis, i) => (typeof axis === "number" ? times[i]! * axis : axis));
  return [reindex(stretched, tiled, sourceIndices(call.wiring, parted, steps), call.wiring)];
}

/** Whether all elements are one number. */
export function isFilledWith({ values }: Constant, number: number): boolean {
  return values.every((value) => value === number);
}
