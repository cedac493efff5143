// Windows along time: of convolutions and poolings, with the frames of one number that a Pad before them or a Slice after them
// gives or takes. A sequence with frames of c around it is the one without c, with zeros around it, and c more.

import type { TimePadding, TimeWindows } from "../../layers/timeWindow.js";
import { type Axis, frozenNumber, dimensionOf, FreeAxis } from "./axes.js";
import type { Call } from "./call.js";
import { bindTime } from "./overTime.js";
import { demand, Refusal } from "./refusal.js";
import { bareColumns, columnsFor, shifted } from "./signals.js";
import { columnsSignal, type Signal, sourceSignal, type Value, widthOf } from "./value.js";
import { type LayerSource, type PendingSource, type TimePad, type Wiring, ZERO } from "./wiring.js";

/** A window along the one axis of time. */
export interface TimeWindow {
  /** Index of the axis among those from 2 on. */
  readonly place: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  /** Frames before and after; "same": a step for each stride, as TensorFlow pads. */
  readonly padding: "same" | Pads;
}

type Pads = readonly [before: number, after: number];

/** A window's frames, and what becomes of the sequence. */
interface Windowed {
  /** Without the frames of a Pad. */
  readonly columns: Int32Array;
  readonly fields: TimeWindows;
  /** Whether a Pad gave frames that count. */
  readonly isPadded: boolean;
  /** c, which the columns are without, and its frames are of. */
  readonly fill: number;
  /** The time axis before and after. */
  readonly before: Axis;
  readonly after: Axis;
}

const reachOf = ({ kernel, dilation }: TimeWindow) => (kernel - 1) * dilation;

/** The padding that a node states along time. @param auto its auto_pad */
export function timePads(auto: string, axis: Axis, window: Omit<TimeWindow, "padding">, stated: Pads): "same" | Pads {
  if (auto === "NOTSET") return stated;
  if (auto === "VALID") return [0, 0];
  const { kernel, stride, dilation } = window;
  if (auto === "SAME_UPPER" && stride > 1) return "same";
  demand(auto === "SAME_UPPER" || auto === "SAME_LOWER", `its auto_pad is ${auto}`);
  const size = stride === 1 ? 1 : frozenNumber(dimensionOf(axis));
  const way = "give the number in inputShapes";
  demand(size !== null, `its auto_pad is ${auto}: its padding depends on the number of steps, which is open; ${way}`);
  const total = Math.max(0, (Math.ceil(size / stride) - 1) * stride + (kernel - 1) * dilation + 1 - size);
  const less = Math.floor(total / 2);
  return auto === "SAME_UPPER" ? [less, total - less] : [total - less, less];
}

/** Padding of a pooling whose number of steps is rounded up: as much more as a last window may reach, where it begins within. */
export function roundedUp(window: TimeWindow): TimeWindow {
  const { kernel, stride, padding } = window;
  if (padding === "same") return window;
  return { ...window, padding: [padding[0], Math.min(padding[1] + stride - 1, kernel - 1)] };
}

/** Reads a sequence by windows along its time axis. @param takesLargest whether frames of the lowest number are as none */
export function windowed(
  call: Call,
  { axes, content }: Value<Signal>,
  window: TimeWindow,
  takesLargest = false,
): Windowed {
  const padded = axes[2 + window.place]!;
  bindTime(call, content, padded);
  if (typeof axes[0] !== "number") call.reading.roles.bind(axes[0]!, "batch");
  demand(!content.isReversed, "it runs along a sequence that runs backwards");
  const given = columnsFor(content, call.wiring, call.layerName);
  const pad = padUnder(given, call.wiring);
  const { padding } = window;
  demand(pad === null || padding !== "same", "it pads a sequence that was padded before");
  demand(pad === null || takesLargest || !isLowest(pad.fill), `it reads frames of ${pad?.fill}`);
  const pads = padding === "same" ? padding : sumOf(padding, pad === null ? [0, 0] : pad.pads);
  const before = pad === null ? padded : pad.axis;
  return {
    columns: pad === null ? given : pad.columns,
    fields: {
      timeKernelSize: window.kernel,
      timeDilation: window.dilation,
      timeStride: window.stride,
      timePadding: paddingOf(pads, reachOf(window)),
    },
    isPadded: pad !== null && !(takesLargest && isLowest(pad.fill)),
    fill: pad === null || isLowest(pad.fill) ? 0 : pad.fill,
    before,
    after: axisAfter(before, window, pads),
  };
}

const sumOf = (a: Pads, b: Pads): Pads => [a[0] + b[0], a[1] + b[1]];

function paddingOf(pads: "same" | Pads, reach: number): TimePadding {
  if (pads === "same") return pads;
  const [before, after] = pads;
  if (after === 0 && before === reach) return "causal";
  return before === 0 && after === 0 ? "valid" : pads;
}

/** The axis of a window's outputs: the same one where it has as many steps. */
function axisAfter(axis: Axis, window: TimeWindow, pads: "same" | Pads): Axis {
  const added = pads === "same" ? 0 : pads[0] + pads[1] - reachOf(window);
  if (window.stride === 1 && added === 0) return axis;
  const size = frozenNumber(dimensionOf(axis));
  const { stride } = window;
  const steps =
    size === null ? null : pads === "same" ? Math.ceil(size / stride) : Math.floor((size + added - 1) / stride) + 1;
  demand(steps === null || steps > 0, `it gives a sequence of ${steps} steps`);
  return [new FreeAxis(steps, "steps")];
}

/** Whether no number is below it: such a frame is never the largest. */
const isLowest = (fill: number) => fill <= -3.4028234e38;

/** The columns under the frames of a Pad, how many, and of which number; null where there are none. */
function padUnder(columns: Int32Array, wiring: Wiring): (Omit<TimePad, "kind" | "before" | "after"> & Padded) | null {
  const sources = wiring.sourcesOf(columns);
  const pads = [...sources].filter((source) => source.type === "pending" && source.way.kind === "pad");
  if (pads.length === 0) return null;
  const [source] = pads as PendingSource[];
  const isAlike = sources.size === 1 && !columns.includes(ZERO);
  demand(isAlike, "it joins features that were padded along time with others");
  const { way } = source!;
  if (way.kind !== "pad") return null;
  wiring.completed.add(source!);
  const under = columns.map((column) => source!.columns[column - source!.first]!);
  const own: Pads = [way.before, way.after];
  const inner = padUnder(under, wiring);
  if (inner === null) return { columns: under, pads: own, axis: way.axis, fill: way.fill };
  demand(inner.fill === way.fill, `it pads by frames of ${inner.fill} and of ${way.fill}`);
  return { ...inner, pads: sumOf(own, inner.pads) };
}

interface Padded {
  readonly columns: Int32Array;
  readonly pads: Pads;
}

/** Limit of the frames of a Pad. */
const MAX_PAD = 2 ** 20;

/** Frames of one number before and after a sequence, which a layer with windows along time must follow. */
export function padTime(call: Call, value: Value, at: number, [before, after]: Pads, fill: number): Value {
  const { axes, content } = value;
  if (content.kind !== "signal") throw new Refusal("it pads time or batch");
  const axis = axes[at]!;
  bindTime(call, content, axis);
  const isCount = [before, after].every((one) => Number.isInteger(one) && one >= 0 && one <= MAX_PAD);
  demand(isCount, `it pads time by ${before} and ${after}`);
  const { wiring, layerName: name, subject } = call;
  const isBare = fill === 0 || isLowest(fill);
  const given = isBare ? content : shifted(content, new Float64Array(widthOf(content)).fill(-fill));
  const columns = columnsFor(given, wiring, name);
  const way = { kind: "pad", before, after, axis, fill } as const;
  const fault = "it pads time, and no convolution or pooling along time follows it";
  const source = wiring.add<PendingSource>({
    type: "pending",
    name,
    size: columns.length,
    columns,
    way,
    subject,
    fault,
  });
  const size = frozenNumber(dimensionOf(axis));
  const longer = [new FreeAxis(size === null ? null : size + before + after, "steps")];
  const signal = sourceSignal(source, content.step, content.isReversed);
  return { axes: axes.map((one, i) => (i === at ? longer : one)), content: signal };
}

/** The time axis that a layer's windows run along. */
const axesBefore = new WeakMap<LayerSource, Axis>();

/** Remembers the time axis that a convolution reads, for a Slice after it. */
export function rememberAxis(source: LayerSource, axis: Axis): void {
  axesBefore.set(source, axis);
}

/** The time axis that a convolution reads; undefined for one that does not run along time. */
export function axisBefore(source: LayerSource): Axis | undefined {
  return axesBefore.get(source);
}

/**
 * A convolution's outputs without the first and the last ones, as a Slice after a padded one makes it causal; null where the
 * value is none, or has less padding.
 */
export function cropTime({ wiring }: Call, value: Value, at: number, [front, back]: Pads): Value | null {
  const { axes, content } = value;
  const columns = content.kind === "signal" ? bareColumns(content) : null;
  if (content.kind !== "signal" || columns === null || columns.includes(ZERO) || columns.length === 0) return null;
  const source = wiring.sourceOf(columns[0]!);
  if (source.type !== "layer" || source.spec.type !== "conv" || wiring.sourcesOf(columns).size > 1) return null;
  const { timeKernelSize = 1, timeDilation = 1, timeStride = 1, timePadding } = source.spec;
  const axis = axesBefore.get(source);
  if (timePadding === undefined || timePadding === "same" || timeStride !== 1 || axis === undefined) return null;
  const reach = (timeKernelSize - 1) * timeDilation;
  const [before, after] = timePadding === "causal" ? [reach, 0] : timePadding === "valid" ? [0, 0] : timePadding;
  const pads: Pads = [before - front, after - back];
  if (pads[0] < 0 || pads[1] < 0) return null;
  const spec = { ...source.spec, timePadding: paddingOf(pads, reach) };
  const cropped = wiring.addLayer(source.name, source.columns, source.size, spec);
  rememberAxis(cropped, axis);
  const window = { place: 0, kernel: timeKernelSize, dilation: timeDilation, stride: 1, padding: pads };
  const left = axisAfter(axis, window, pads);
  const moved = columns.map((column) => column - source.first + cropped.first);
  return {
    axes: axes.map((one, i) => (i === at ? left : one)),
    content: columnsSignal(moved, content.step, content.isReversed),
  };
}

const product = (sizes: readonly number[]) => sizes.reduce((all, one) => all * one, 1);

/** [N, K, inner] with K the other way round. @param numOuter N */
export function withTimeTurned<A extends Float32Array | Float64Array>(values: A, numOuter: number, along: number): A {
  const inner = values.length / numOuter / along;
  const turned = values.slice() as A;
  for (let n = 0; n < numOuter; n++) {
    for (let k = 0; k < along; k++) {
      const from = (n * along + along - 1 - k) * inner;
      turned.set(values.subarray(from, from + inner), (n * along + k) * inner);
    }
  }
  return turned;
}

/** [N, ...kernel] with the axis of time first, [N, kernel along time, ...others]. @param shape of the kernel */
export function withTimeFirst<A extends Float32Array | Float64Array>(
  values: A,
  shape: readonly number[],
  place: number,
): A {
  const [outer, along, inner] = [product(shape.slice(0, place)), shape[place]!, product(shape.slice(place + 1))];
  if (outer === 1 || values.length === 0) return values;
  const turned = values.slice() as A;
  const size = outer * along * inner;
  for (let i = 0; i < values.length; i++) {
    const [rest, k] = [i - (i % size), i % size];
    const [o, t, n] = [Math.floor(k / (along * inner)), Math.floor(k / inner) % along, k % inner];
    turned[rest + (t * outer + o) * inner + n] = values[i]!;
  }
  return turned;
}
