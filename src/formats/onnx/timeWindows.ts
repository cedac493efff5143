// Windows along time: of convolutions and poolings, with the frames of zeros that a Pad before them or a Slice after them
// gives or takes.

import type { TimePadding, TimeWindows } from "../../layers/timeWindow.js";
import { type Axis, frozenNumber, dimensionOf, FreeAxis } from "./axes.js";
import type { Call } from "./call.js";
import { bindTime } from "./overTime.js";
import { demand, Refusal } from "./refusal.js";
import { bareColumns, columnsFor } from "./signals.js";
import { columnsSignal, type Signal, sourceSignal, type Value } from "./value.js";
import { type LayerSource, type PendingSource, type Wiring, ZERO } from "./wiring.js";

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
  /** Whether a Pad gave frames of zeros, and the node has no padding of its own. */
  readonly isPadded: boolean;
  /** The time axis before and after. */
  readonly before: Axis;
  readonly after: Axis;
}

const reachOf = ({ kernel, dilation }: TimeWindow) => (kernel - 1) * dilation;

/** The padding that a node states along time. @param auto its auto_pad */
export function timePads(auto: string, window: Omit<TimeWindow, "padding">, stated: Pads): "same" | Pads {
  if (auto === "NOTSET") return stated;
  if (auto === "VALID") return [0, 0];
  const total = (window.kernel - 1) * window.dilation;
  const less = Math.floor(total / 2);
  if (auto === "SAME_UPPER") return window.stride === 1 ? [less, total - less] : "same";
  demand(auto === "SAME_LOWER" && window.stride === 1, `its auto_pad is ${auto}`);
  return [total - less, less];
}

/** Reads a sequence by windows along its time axis. */
export function windowed(call: Call, { axes, content }: Value<Signal>, window: TimeWindow): Windowed {
  const padded = axes[2 + window.place]!;
  bindTime(call, content, padded);
  if (typeof axes[0] !== "number") call.reading.roles.bind(axes[0]!, "batch");
  demand(!content.isReversed, "it runs along a sequence that runs backwards");
  const given = columnsFor(content, call.wiring, call.layerName);
  const pad = padUnder(given, call.wiring);
  const { padding } = window;
  demand(pad === null || padding !== "same", "it pads a sequence that was padded before");
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
    isPadded: pad !== null,
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
  return [new FreeAxis(steps, true)];
}

/** The columns under the frames of a Pad, and how many; null where there are none. */
function padUnder(columns: Int32Array, wiring: Wiring): { columns: Int32Array; pads: Pads; axis: Axis } | null {
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
  if (inner === null) return { columns: under, pads: own, axis: way.axis };
  return { ...inner, pads: sumOf(own, inner.pads) };
}

/** Limit of the frames of a Pad. */
const MAX_PAD = 2 ** 20;

/** Frames of zeros before and after a sequence, which a layer with windows along time must follow. */
export function padTime(call: Call, value: Value, at: number, [before, after]: Pads): Value {
  const { axes, content } = value;
  if (content.kind !== "signal") throw new Refusal("it pads time or batch");
  const axis = axes[at]!;
  bindTime(call, content, axis);
  const isCount = [before, after].every((one) => Number.isInteger(one) && one >= 0 && one <= MAX_PAD);
  demand(isCount, `it pads time by ${before} and ${after}`);
  const { wiring, layerName: name, subject } = call;
  const columns = columnsFor(content, wiring, name);
  const way = { kind: "pad", before, after, axis } as const;
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
  const longer = [new FreeAxis(size === null ? null : size + before + after, true)];
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
