// Operators that put features into other places: paddings, scatters with constant indices, blocks.

import { type Axis, axisIndex, numFeatures, strides } from "./axes.js";
import type { Call, Operator } from "./call.js";
import { mixed, mixtureOf } from "./mixture.js";
import { demand, Refusal } from "./refusal.js";
import { permuted } from "./shapeOperators.js";
import { visitStrided } from "../strided.js";
import { padTime } from "./timeWindows.js";
import { type Constant, reindex, type Signal, sizesOf, type Value } from "./value.js";

export const placeOperators: Readonly<Record<string, Operator>> = {
  Pad: pad,
  ScatterND: scatter,
  DepthToSpace: depthToSpace,
};

function pad(call: Call): Value[] {
  const value = call.input(0);
  const rank = value.axes.length;
  const pads = call.whole(1, "pads") ?? [];
  const named = call.optional(3) === null ? null : sizesOf(call.input(3)).map(({ factor }) => axisIndex(factor, rank));
  const along = named ?? value.axes.map((_, i) => i);
  demand(pads.length === 2 * along.length, `it has ${pads.length} pads for ${along.length} axes`);
  const mode = call.string("mode", "constant");
  const fill = call.optional(2) === null ? call.float("value", 0) : (call.constant(2, "value").content.values[0] ?? 0);
  let padded = value;
  let time: (() => Value) | null = null;
  along.forEach((axis, i) => {
    const [before, after] = [pads[i]!, pads[i + along.length]!];
    if (before === 0 && after === 0) return;
    const size = padded.axes[axis]!;
    if (typeof size !== "number") {
      const way = "pad the sequence itself, before the model gets it";
      demand(mode === "constant", `it pads time or batch by its own frames (mode "${mode}"); ${way}`);
      demand(time === null, "it pads time and batch");
      time = () => padTime(call, padded, axis, [before, after], fill);
      return;
    }
    const places = padding(mode, size, before, after);
    padded = placed(call, padded, axis, places, fill);
  });
  return [time === null ? padded : (time as () => Value)()];
}

/** Limit of the elements of a padded axis. */
const MAX_SIZE = 2 ** 16;

/** The element at each place of a padded axis; -1 for a constant. A negative pad takes elements away. */
function padding(mode: string, size: number, before: number, after: number): Int32Array {
  const length = size + before + after;
  const isSize = Number.isSafeInteger(length) && length >= 0 && length <= MAX_SIZE;
  demand(isSize, `it pads ${size} features by ${before} and ${after}`);
  const place = PLACES.get(mode);
  if (place === undefined) throw new Refusal(`it pads in the mode "${mode}"`);
  const isWithin = mode !== "reflect" || (before < size && after < size);
  demand(
    isWithin && (size > 0 || mode === "constant"),
    `it pads ${size} features by ${before} and ${after}, mode ${mode}`,
  );
  return Int32Array.from({ length }, (_, i) => place(i - before, size));
}

/** The element at a place, which may be outside. */
const PLACES = new Map<string, (at: number, size: number) => number>([
  ["constant", (at, size) => (at >= 0 && at < size ? at : -1)],
  ["edge", (at, size) => Math.min(Math.max(at, 0), size - 1)],
  ["reflect", (at, size) => (at < 0 ? -at : at < size ? at : 2 * size - 2 - at)],
  ["wrap", (at, size) => ((at % size) + size) % size],
]);

/** Elements of an axis at places; -1 for `fill`. */
function placed(call: Call, value: Value, axis: number, places: Int32Array, fill: number): Value {
  const { wiring, layerName } = call;
  const steps = strides(value.axes);
  const axes: Axis[] = value.axes.map((one, i) => (i === axis ? places.length : one));
  const length = numFeatures(axes);
  wiring.spend(length);
  wiring.checkWidth(length);
  const take = new Int32Array(length);
  const sizes = axes.map((one) => (typeof one === "number" ? one : 1));
  const inner = numFeatures(axes.slice(axis + 1));
  const outerSteps = steps.map((step, i) => (i === axis ? 0 : step));
  visitStrided(sizes, outerSteps, (i, from) => {
    const place = places[Math.floor(i / inner) % places.length]!;
    take[i] = place < 0 ? -1 : from + place * steps[axis]!;
  });
  if (!places.includes(-1)) return reindex(value, axes, take, wiring);
  const { content } = value;
  if (content.kind === "constant") {
    const values = Float64Array.from(take, (from) => (from < 0 ? fill : content.values[from]!));
    return { axes, content: { ...content, values, isFloat16: false } };
  }
  const part = mixtureOf(value, wiring, layerName);
  return { axes, content: mixed([part], length, (i) => [0, take[i]!], fill) };
}

/** Puts updates in the places of a constant list of indices. */
function scatter(call: Call): Value[] {
  const { wiring, layerName } = call;
  const [data, updates] = [call.input(0), call.input(2)];
  const { shape, content } = call.constant(1, "indices");
  demand(call.string("reduction", "none") === "none", "it adds or multiplies its updates");
  const rank = data.axes.length;
  const depth = shape.at(-1) ?? 0;
  demand(depth > 0 && depth <= rank, `it has indices of ${depth} axes for ${rank}`);
  const inner = data.axes.slice(depth);
  const expected = [...shape.slice(0, -1), ...inner];
  const isFixed = [...data.axes, ...updates.axes].every((axis) => typeof axis === "number");
  demand(isFixed, "it puts values along time or batch");
  demand(
    updates.axes.join() === expected.join(),
    `it has updates of [${updates.axes.join(", ")}] for [${expected.join(", ")}]`,
  );
  const length = numFeatures(data.axes);
  const width = numFeatures(inner);
  wiring.spend(length + content.values.length);
  wiring.checkWidth(length);
  const from = Int32Array.from({ length }, (_, i) => -1 - i);
  const steps = strides(data.axes);
  for (let at = 0; at < content.values.length / depth; at++) {
    let start = 0;
    for (let k = 0; k < depth; k++) {
      const size = data.axes[k] as number;
      const index = content.values[at * depth + k]!;
      const own = index < 0 ? index + size : index;
      demand(Number.isInteger(own) && own >= 0 && own < size, `it names element ${index} of ${size}`);
      start += own * steps[k]!;
    }
    for (let i = 0; i < width; i++) from[start + i] = at * width + i;
  }
  if (data.content.kind === "constant" && updates.content.kind === "constant") {
    const [old, put] = [data.content.values, updates.content.values];
    const values = Float64Array.from(from, (index) => (index < 0 ? old[-1 - index]! : put[index]!));
    return [{ axes: data.axes, content: { ...data.content, values, isFloat16: false } as Constant }];
  }
  const parts = [data, updates].map((value) => mixtureOf(value, wiring, layerName));
  const signal: Signal = mixed(parts, length, (i) => (from[i]! < 0 ? [0, -1 - from[i]!] : [1, from[i]!]));
  return [{ axes: data.axes, content: signal }];
}

/** Channels become blocks of rows and columns. */
function depthToSpace(call: Call): Value[] {
  const value = call.input(0);
  const [batch, channels, rows, columns] = value.axes;
  const block = call.int("blocksize", 0);
  const isFixed = value.axes.length === 4 && [channels, rows, columns].every((axis) => typeof axis === "number");
  demand(isFixed && block > 0, "it needs 4 axes, and a block size");
  const depth = (channels as number) / block ** 2;
  demand(Number.isInteger(depth), `it parts ${String(channels)} channels into blocks of ${block}`);
  const isColumnsFirst = call.string("mode", "DCR") === "CRD";
  const parted = isColumnsFirst ? [depth, block, block] : [block, block, depth];
  const split = reindex(value, [batch!, ...parted, rows!, columns!], null, call.wiring);
  const order = isColumnsFirst ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2];
  const joined = [batch!, depth, (rows as number) * block, (columns as number) * block];
  return [reindex(permuted(call, split, order), joined, null, call.wiring)];
}
