// Operators that select parts of tensors or join them.

import {
  type Axis,
  axisIndex,
  dimensionOf,
  type FreeAxis,
  isSameDimension,
  joinAxes,
  numFeatures,
  strides,
} from "./axes.js";
import type { Call, Operator } from "./call.js";
import { takeStep } from "./loopCount.js";
import { mixed, mixtureOf } from "./mixture.js";
import { demand, Refusal } from "./refusal.js";
import { reordered } from "./rowOrder.js";
import { alignedEnds } from "./sequenceEnds.js";
import { sourceIndices } from "./shapeOperators.js";
import { cropTime } from "./timeWindows.js";
import {
  type Constant,
  type Counter,
  type Order,
  reindex,
  type Signal,
  sizesOf,
  sizesValue,
  sourceSignal,
  type Value,
} from "./value.js";
import type { EmbeddingSource } from "./wiring.js";

export const selectOperators: Readonly<Record<string, Operator>> = {
  Gather: gather,
  OneHot: oneHot,
  Slice: slice,
  Split: split,
  Concat: concat,
  ReverseSequence: reverseSequence,
};

/** Selects elements of an axis by index. */
function take(call: Call, value: Value, axis: number, indices: readonly number[]): Value {
  const { axes } = value;
  const steps = strides(axes);
  const outer = axes.slice(0, axis);
  const inner = axes.slice(axis + 1);
  const newAxes = [...outer, indices.length, ...inner];
  call.wiring.spend(numFeatures(newAxes));
  const innerSize = numFeatures(inner);
  const runs =
    sourceIndices(call.wiring, outer, steps.slice(0, axis)) ??
    Int32Array.from({ length: numFeatures(outer) }, (_, i) => i);
  const taken = new Int32Array(numFeatures(newAxes));
  let i = 0;
  for (const run of taken.length > 0 ? runs : []) {
    for (const index of indices) {
      const first = run + index * steps[axis]!;
      for (let k = 0; k < innerSize; k++) taken[i++] = first + k;
    }
  }
  const part = reindex(value, newAxes, taken, call.wiring);
  const { content } = part;
  // A direction's features may end there where the others do not.
  const isAtEnd = content.kind === "signal" && (content.step === "first" || content.step === "last");
  return isAtEnd ? { ...part, content: pickEnd(call, content, content.step as "first" | "last") } : part;
}

function gather(call: Call): Value[] {
  const value = call.input(0);
  const axis = axisIndex(call.int("axis", 0), value.axes.length);
  const indices = call.input(1);
  if (indices.content.kind === "counter") return [stepOf(call, value, axis, indices as Value<Counter>)];
  if (indices.content.kind === "order") return [reordered(call, value, axis, indices as Value<Order>)];
  if (indices.content.kind === "indices") return [embed(call, axis, indices)];
  const { shape, content } = call.constant(1, "indices");
  const size = value.axes[axis]!;
  const isScalar = shape.length === 0;
  if (typeof size !== "number") {
    demand(content.values.length === 1, "it takes several steps or rows");
    const picked = pick(call, value, axis, content.values[0]!);
    const axes: Axis[] = [...value.axes];
    axes.splice(axis, 1, ...shape);
    return [{ ...picked, axes }];
  }
  const list = Array.from(content.values, (index) => (index < 0 ? index + size : index));
  demand(
    list.every((index) => Number.isInteger(index) && index >= 0 && index < size),
    `it takes an element that is not among ${size}`,
  );
  const taken = take(call, value, axis, list);
  if (!isScalar && shape.length === 1) return [taken];
  const axes = [...taken.axes];
  axes.splice(axis, 1, ...shape);
  return [{ ...taken, axes }];
}

/** The step of a sequence that a loop is at. */
function stepOf(call: Call, value: Value, axis: number, { axes: ofIndex, content }: Value<Counter>): Value {
  const frame = takeStep(call, content.of.steps, value, axis, content);
  const axes = [...frame.axes];
  axes.splice(axis, 0, ...ofIndex);
  return { ...frame, axes };
}

/** Looks up rows of a table by the network's input. */
function embed(call: Call, axis: number, indices: Value): Value {
  const { shape, content } = call.constant(0, "table");
  demand(axis === 0 && shape.length === 2, "it needs a table [rows, features], looked up by row");
  return lookUp(call, indices, content, shape[1]!);
}

function lookUp(call: Call, { axes, content }: Value, table: Constant, size: number): Value {
  if (content.kind !== "indices") throw new Refusal("it looks up something other than a graph input");
  const source = call.wiring.add<EmbeddingSource>({
    type: "embedding",
    name: call.layerName,
    size,
    input: content.input,
    weight: table.values instanceof Float32Array ? table.values : new Float32Array(table.values),
    isFloat16: table.isFloat16,
  });
  const signal = sourceSignal(source);
  // Rows of whole numbers stand for others, which a DequantizeLinear after it makes.
  const isQuantised = table.range !== undefined;
  return { axes: [...axes, size], content: isQuantised ? { kind: "quantised", signal, scale: 1, zero: 0 } : signal };
}

/** One-hot rows are a look-up in the identity matrix. */
function oneHot(call: Call): Value[] {
  const depth = call.constant(1, "depth").content.values[0]!;
  const [off, on] = call.constant(2, "values").content.values;
  const indices = call.input(0);
  const axis = axisIndex(call.int("axis", -1), indices.axes.length + 1);
  demand(axis === indices.axes.length, "it needs its classes as the last axis");
  demand(Number.isInteger(depth) && depth > 0 && depth <= 4096, `it needs 1 to 4096 classes, and has ${depth}`);
  call.wiring.spend(depth * depth);
  const values = new Float64Array(depth * depth).fill(off!);
  for (let i = 0; i < depth; i++) values[i * depth + i] = on!;
  return [lookUp(call, indices, { kind: "constant", values, isFloat: true, isFloat16: false }, depth)];
}

/** One step of the time axis, or the only row of a batch axis frozen at 1. The caller removes the axis. */
function pick(call: Call, value: Value, axis: number, index: number): Value {
  const free = value.axes[axis] as readonly FreeAxis[];
  const isFrozenAtOne = free.every(({ root }) => root.size === 1);
  if (isFrozenAtOne && (index === 0 || index === -1)) return value;
  const { content } = value;
  demand(content.kind === "signal", "it takes a step or row of a value that is no sequence");
  demand(free[0]!.root.role !== "batch", `it takes row ${index} of the batch`);
  call.reading.roles.bind(free, "time");
  demand(content.step === "each", "it takes a step of a value that has only one");
  const { size } = free.find(({ root }) => root.role === "time")!.root;
  const isLast = index === -1 || (size !== null && index === size - 1);
  demand(isLast || index === 0, `it takes step ${index}, neither the first nor the last`);
  return { ...value, content: pickEnd(call, content, isLast !== content.isReversed ? "last" : "first") };
}

/** @param end of the sequence in forward order */
export function pickEnd({ wiring }: Call, content: Signal, end: "first" | "last"): Signal {
  const terms = content.terms.map((term) => {
    const columns = wiring.pick(term.columns, end);
    return columns && { ...term, columns };
  });
  if (terms.every((term) => term !== null)) return { ...content, terms, step: "final", isReversed: false };
  return { ...content, step: end, isReversed: false };
}

function slice(call: Call): Value[] {
  let value = call.input(0);
  const rank = value.axes.length;
  const starts = call.whole(1, "starts") ?? [];
  const ends = call.whole(2, "ends") ?? [];
  const axes = call.whole(3, "axes") ?? starts.map((_, i) => i);
  const steps = call.whole(4, "steps") ?? starts.map(() => 1);
  const isOneEach = [ends, axes, steps].every(({ length }) => length === starts.length);
  demand(isOneEach, "it needs one start, end and step for each axis");
  axes.forEach((index, i) => {
    const axis = axisIndex(index, rank);
    const range = { start: starts[i]!, end: ends[i]!, step: steps[i]! };
    value =
      typeof value.axes[axis] === "number"
        ? sliceFeatures(call, value, axis, range)
        : sliceFree(call, value, axis, range);
  });
  return [value];
}

interface Range {
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

function sliceFeatures(call: Call, value: Value, axis: number, range: Range): Value {
  const size = value.axes[axis] as number;
  const indices = rangeIndices(range, size);
  const isWhole = indices.length === size && range.step === 1;
  return isWhole ? value : take(call, value, axis, indices);
}

function rangeIndices({ start, end, step }: Range, size: number): number[] {
  demand(Number.isInteger(step) && step !== 0, `it goes in steps of ${step}`);
  const clamp = (index: number, low: number, high: number) =>
    Math.min(Math.max(index < 0 ? index + size : index, low), high);
  const [low, high] = step > 0 ? [0, size] : [-1, size - 1];
  const first = clamp(start, Math.max(low, 0), high);
  const limit = clamp(end, low, high);
  const indices: number[] = [];
  for (let i = first; step > 0 ? i < limit : i > limit; i += step) indices.push(i);
  return indices;
}

/** Slices a time or batch axis: the whole, the last or first step, or the whole in reverse. */
function sliceFree(call: Call, value: Value, axis: number, { start, end, step }: Range): Value {
  const free = value.axes[axis] as readonly FreeAxis[];
  const size = free.reduce<number | null>(
    (total, { root }) => (total === null || root.size === null ? null : total * root.size),
    1,
  );
  const limit = size ?? 2 ** 31 - 1; // for an unknown size, exporters write the largest number of some type
  if (step === 1 && start === 0 && end >= limit) return value;
  if (step === -1 && start === -1 && end < -limit) return reversed(call, value, free);
  demand(step === 1, `it goes through time or batch in steps of ${step}`);
  const first = size !== null && start >= 0 ? start - size : start;
  const isLast = first === -1 && (end >= limit || end === 0);
  const isFirst = (start === 0 && end === 1) || (size !== null && start === -size && end === 1 - size);
  if (!isLast && !isFirst) {
    const back = end >= limit ? 0 : end < 0 ? -end : size === null ? NaN : size - end;
    const front = start >= 0 ? start : size === null ? NaN : start + size;
    const cropped = front >= 0 && back >= 0 ? cropTime(call, value, axis, [front, back]) : null;
    demand(cropped !== null, `it takes a part of time or batch, ${start} to ${end}`);
    return cropped;
  }
  const picked = pick(call, value, axis, isLast ? -1 : 0);
  if (picked === value) return value;
  return { ...picked, axes: value.axes.map((one, i) => (i === axis ? 1 : one)) };
}

function reversed(call: Call, value: Value, free: readonly FreeAxis[]): Value {
  const { content } = value;
  call.reading.roles.bind(free, "time");
  demand(content.kind === "signal" && content.step === "each", "it reverses a value that is no sequence");
  return { ...value, content: { ...content, isReversed: !content.isReversed } };
}

/** Reverses each row within its length, as our reverse layers do. */
function reverseSequence(call: Call): Value[] {
  const value = call.signal(0);
  const { kind } = call.input(1).content;
  demand(kind === "lengths" || kind === "sizes" || kind === "constant", "it needs each row's length");
  const axis = value.axes[axisIndex(call.int("time_axis", 0), value.axes.length)]!;
  demand(typeof axis !== "number", "it reverses features");
  if (kind !== "lengths") {
    const isWhole = sizesOf(call.input(1)).every((size) => isSameDimension(size, dimensionOf(axis)));
    demand(isWhole, "it reverses a fixed part of the sequence");
  }
  return [reversed(call, value, axis)];
}

function split(call: Call): Value[] {
  const value = call.input(0);
  const axis = axisIndex(call.int("axis", 0), value.axes.length);
  const size = value.axes[axis]!;
  const numParts = call.node.outputs.length;
  if (typeof size !== "number") {
    demand(numParts === 1, "it splits time or batch");
    return [value];
  }
  const sizes = call.whole(1, "split") ?? Array.from({ length: numParts }, (_, i) => evenPart(size, numParts, i));
  const total = sizes.reduce((sum, part) => sum + part, 0);
  demand(total === size && sizes.length === numParts, `it splits ${size} features into [${sizes.join(", ")}]`);
  let start = 0;
  return sizes.map((length) => {
    const first = start;
    start += length;
    return take(
      call,
      value,
      axis,
      Array.from({ length }, (_, i) => first + i),
    );
  });
}

/** Sizes of equal parts; the last ones may be smaller. */
function evenPart(size: number, numParts: number, i: number): number {
  const part = Math.ceil(size / numParts);
  return Math.max(0, Math.min(part, size - i * part));
}

function concat(call: Call): Value[] {
  const inputs = Array.from({ length: call.numInputs }, (_, i) => call.input(i));
  const [first] = inputs;
  demand(first !== undefined, "it has no inputs");
  const rank = first.axes.length;
  const axis = axisIndex(call.int("axis", 0), rank);
  if (inputs.length === 1) return [first];
  const sizes = inputs.map(({ axes }) => axes[axis]!);
  const isFeatures =
    inputs.every(({ axes }) => axes.length === rank) && sizes.every((size) => typeof size === "number");
  demand(isFeatures, "it joins along time or batch");
  const total = sizes.reduce((sum, size) => sum + (size as number), 0);
  const axes = first.axes.map((own, i) =>
    i === axis ? total : inputs.reduce<Axis>((joined, { axes: others }) => same(joined, others[i]!), own),
  );
  call.wiring.spend(numFeatures(axes));
  if (first.content.kind === "signal") call.wiring.checkWidth(numFeatures(axes));
  // Indices of the joined contents, one input after the other, for each element of the result.
  const inner = numFeatures(axes.slice(axis + 1));
  const outer = numFeatures(axes.slice(0, axis));
  const takes = new Int32Array(numFeatures(axes));
  let start = 0;
  let offset = 0;
  for (const size of sizes as number[]) {
    for (let run = 0; run < outer; run++) {
      for (let k = 0; k < size * inner; k++) takes[run * total * inner + offset + k] = start++;
    }
    offset += size * inner;
  }
  const isInOrder = outer === 1;
  return [reindex({ axes, content: joinContents(call, inputs) }, axes, isInOrder ? null : takes, call.wiring)];
}

function same(a: Axis, b: Axis): Axis {
  demand(typeof a !== "number" || typeof b !== "number" || a === b, `it joins ${String(a)} features with ${String(b)}`);
  return joinAxes(a, b);
}

/** Joins the contents of values, one after the other. */
function joinContents(call: Call, inputs: readonly Value[]): Value["content"] {
  const contents = inputs.map(({ content }) => content);
  if (contents.some((content) => content.kind === "signal")) {
    const parts = alignedEnds(call, inputs).map((value) => mixtureOf(value, call.wiring, call.layerName));
    const places = parts.flatMap(({ columns }, part) => Array.from(columns, (_, i) => [part, i] as const));
    return mixed(parts, places.length, (i) => places[i]!);
  }
  if (contents.every((content) => content.kind === "constant")) {
    const isFloat32 = contents.every((content) => content.values instanceof Float32Array);
    const NumberArray = isFloat32 ? Float32Array : Float64Array;
    const values = new NumberArray(contents.reduce((total, content) => total + content.values.length, 0));
    let start = 0;
    for (const content of contents) {
      values.set(content.values, start);
      start += content.values.length;
    }
    const { isFloat } = contents[0] as Constant;
    return { kind: "constant", values, isFloat, isFloat16: contents.every(({ isFloat16 }) => isFloat16) };
  }
  return sizesValue(
    [],
    inputs.flatMap((value) => [...sizesOf(value)]),
  ).content;
}
