// Convolutions and poolings: https://onnx.ai/onnx/operators/onnx__Conv.html

import { pastFrames } from "../../layers/timeWindow.js";
import { type Axis, numFeatures } from "./axes.js";
import type { Call, Operator } from "./call.js";
import { demand, Refusal } from "./refusal.js";
import { permuted } from "./shapeOperators.js";
import { columnsFor, multiplied, shifted } from "./signals.js";
import { type Signal, sourceSignal, type Value } from "./value.js";
import { rememberAxis, timePads, type TimeWindow, windowed, withTimeFirst } from "./timeWindows.js";
import type { BareSpec } from "./wiring.js";

export const convOperators: Readonly<Record<string, Operator>> = {
  Conv: (call) => [convolution(call, false)],
  ConvTranspose: (call) => [convolution(call, true)],
  MaxPool: (call) => [pooling(call, "max")],
  AveragePool: (call) => [pooling(call, "average")],
};

/** A window along one axis. */
interface Window {
  /** Elements of the axis; 1 for time or batch. */
  readonly size: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly before: number;
  readonly after: number;
  /** More elements at the end of a transposed convolution's output. */
  readonly more: number;
}

function convolution(call: Call, transposed: boolean): Value {
  const { shape, content: kernel } = call.constant(1, "W");
  const { axes } = call.signal(0);
  const rank = axes.length;
  demand(rank >= 3 && shape.length === rank, `it needs a W of ${rank} axes, and gets [${shape.join(", ")}]`);
  const groups = call.int("group", 1);
  const channels = axes[1]!;
  demand(typeof channels === "number", "it reads time or batch as channels");
  const perGroup = shape[1]!;
  const outputChannels = transposed ? perGroup * groups : shape[0]!;
  const isShape = transposed ? shape[0] === channels : perGroup * groups === channels && shape[0]! % groups === 0;
  demand(groups > 0 && isShape, `it has a W of [${shape.join(", ")}] for ${channels} channels in ${groups} groups`);
  const numbers = call.optional(2) === null ? null : call.constant(2, "B").content.values;
  demand(
    numbers === null || numbers.length === outputChannels,
    `it has ${numbers?.length} biases for ${outputChannels} channels`,
  );
  const { windows, time } = readWindows(call, shape.slice(2), transposed);
  call.wiring.spend(kernel.values.length);
  const turnedKernel = transposed ? turned(kernel.values, channels, perGroup, groups) : kernel.values;
  const weight = time === null ? turnedKernel : withTimeFirst(turnedKernel, shape.slice(2), time.place);
  const isPointwise = groups === 1 && time === null && windows.every(isTrivial) && numFeatures(axes) === channels;
  if (isPointwise) {
    const product = multiplied(call.signal(0).content, weight, kernel.isFloat16, call.wiring, call.layerName);
    const content = numbers === null ? product : shifted(product, Float64Array.from(numbers));
    return { axes: axes.map((axis, i) => (i === 1 ? outputChannels : axis)), content };
  }
  return alongInner(call, { windows, time, outputChannels }, (inputShape, inner, along) => ({
    type: "conv",
    inputShape,
    outputChannels,
    groups,
    ...listsOf(inner),
    ...along?.fields,
    transposed,
    outputPadding: inner.map(({ more }) => more),
    weight: weight instanceof Float32Array ? weight : new Float32Array(weight),
    bias: numbers && Float32Array.from(numbers),
    storage: kernel.isFloat16 ? "f16" : "f32",
  }));
}

/** [C, O / groups, ...kernel] becomes [O, C / groups, ...kernel]. */
function turned(values: Float32Array | Float64Array, channels: number, perGroup: number, groups: number): Float32Array {
  const kernel = values.length / channels / perGroup;
  const own = channels / groups;
  const weight = new Float32Array(values.length);
  for (let c = 0; c < channels; c++) {
    const group = Math.floor(c / own);
    for (let o = 0; o < perGroup; o++) {
      const from = (c * perGroup + o) * kernel;
      weight.set(values.subarray(from, from + kernel), ((group * perGroup + o) * own + (c % own)) * kernel);
    }
  }
  return weight;
}

function pooling(call: Call, operation: "max" | "average"): Value {
  const kernel = call.ints("kernel_shape");
  demand(kernel !== null, "it has no kernel_shape");
  const { axes } = call.signal(0);
  demand(axes.length === kernel.length + 2, `it needs an input of ${kernel.length + 2} axes`);
  demand(call.ints("dilations")?.every((one) => one === 1) !== false, "its windows have gaps");
  const { windows, time } = readWindows(call, kernel, false);
  const channels = axes[1]!;
  demand(typeof channels === "number", "it reads time or batch as channels");
  const countPadding = call.int("count_include_pad", 0) !== 0;
  const isRounded = call.int("ceil_mode", 0) !== 0;
  demand(!isRounded || time === null || time.stride === 1, "it rounds the number of steps up");
  const whole = isRounded ? windows.map(withLastWindow) : windows;
  const isExact = !isRounded || !countPadding || whole.every(({ after }, i) => after === windows[i]!.after);
  demand(isExact, "it counts padding in a window that is cut off");
  return alongInner(call, { windows: whole, time, outputChannels: channels }, (inputShape, inner, along) => {
    const { dilation: _, ...lists } = listsOf(inner);
    const spec = { type: "pool", inputShape, operation, ...lists } as const;
    if (along === null) return { ...spec, countPadding };
    const { timeDilation: __, ...fields } = along.fields;
    const own = [...lists.padding, ...(time!.padding === "same" ? [1] : time!.padding)];
    return { ...spec, ...fields, countPadding: countsPadding(along, operation, countPadding, own) };
  });
}

/**
 * Whether a pooling along time counts padding. The zeros of a Pad before it count, as do those before a stream's first frame; a
 * node's own padding never is the largest, and counts in a mean only where it says so.
 */
function countsPadding(
  { fields, isPadded }: ReturnType<typeof windowed>,
  operation: "max" | "average",
  isCounted: boolean,
  ownPadding: readonly number[],
): boolean {
  const hasPast = pastFrames(fields) > 0;
  const hasOwn = ownPadding.some((one) => one !== 0);
  if (operation === "max") {
    demand(hasPast === isPadded, "it takes the largest of steps and of padding");
    return false;
  }
  demand(isCounted || (isPadded ? !hasOwn : !hasPast), "it counts only a part of the padding");
  return isCounted || isPadded;
}

/** A window more at the end, where elements are left over (ceil_mode), unless it would begin after them. */
function withLastWindow(window: Window): Window {
  const { size, kernel, stride, before, after } = window;
  const left = (size + before + after - kernel) % stride;
  const start = size + before + after - kernel - left + stride;
  if (left === 0 || start >= size + before) return window;
  return { ...window, after: after + stride - left };
}

/** A window that gives each element by itself. */
function isTrivial({ kernel, stride, before, after, more }: Window): boolean {
  return kernel === 1 && stride === 1 && before === 0 && after === 0 && more === 0;
}

function listsOf(windows: readonly Window[]) {
  return {
    kernelSize: windows.map(({ kernel }) => kernel),
    stride: windows.map(({ stride }) => stride),
    dilation: windows.map(({ dilation }) => dilation),
    padding: windows.flatMap(({ before, after }) => [before, after]),
  };
}

/** Limit of a window's numbers. */
const MAX_WINDOW = 2 ** 20;

/** Windows along the axes from 2 on; that along time, of which the frame's is a single element. */
function readWindows(
  call: Call,
  kernel: readonly number[],
  transposed: boolean,
): { windows: Window[]; time: TimeWindow | null } {
  const { axes } = call.signal(0);
  const list = (name: string, absent: number, length = kernel.length) => {
    const numbers = call.ints(name) ?? Array.from({ length }, () => absent);
    demand(numbers.length === length, `it has ${numbers.length} ${name} for ${kernel.length} axes`);
    const least = name === "pads" || name === "output_padding" ? 0 : 1;
    const isCount = numbers.every((one) => Number.isInteger(one) && one >= least && one <= MAX_WINDOW);
    demand(isCount, `it has ${name} [${numbers.join(", ")}]`);
    return numbers;
  };
  demand(list("kernel_shape", 1).length === kernel.length, "it has another kernel_shape than its weights");
  const stated = call.ints("kernel_shape");
  demand(
    stated === null || stated.join() === kernel.join(),
    `its kernel_shape is [${stated?.join(", ")}], and W is for [${kernel.join(", ")}]`,
  );
  const [strides, dilations, more] = [list("strides", 1), list("dilations", 1), list("output_padding", 0)];
  const pads = list("pads", 0, 2 * kernel.length);
  const auto = call.string("auto_pad", "NOTSET");
  demand(!transposed || call.ints("output_shape") === null, "it states the shape of its output");
  let time: TimeWindow | null = null;
  const windows = kernel.map((size, i) => {
    const axis = axes[2 + i]!;
    const lists = { kernel: size, stride: strides[i]!, dilation: dilations[i]!, more: more[i]! };
    const own = [pads[i]!, pads[i + kernel.length]!] as const;
    if (typeof axis === "number") {
      const sized = { size: axis, ...lists };
      return { ...sized, ...padsOf(auto, sized, own, transposed) };
    }
    const padding = timePads(auto, { place: i, ...lists }, own);
    if (size === 1 && lists.stride === 1 && lists.more === 0 && padding !== "same" && !padding.some(Boolean))
      return UNIT;
    demand(!transposed, "it is transposed along time or batch");
    demand(time === null, "it runs along time and batch");
    time = { place: i, kernel: size, stride: lists.stride, dilation: lists.dilation, padding };
    return UNIT;
  });
  return { windows, time };
}

/** The window of an axis of one element. */
const UNIT: Window = { size: 1, kernel: 1, stride: 1, dilation: 1, before: 0, after: 0, more: 0 };

function padsOf(
  auto: string,
  { size, kernel, stride, dilation }: Omit<Window, "before" | "after">,
  [before, after]: readonly [number, number],
  transposed: boolean,
): Pick<Window, "before" | "after"> {
  if (auto === "NOTSET") return { before, after };
  if (auto === "VALID") return { before: 0, after: 0 };
  if (transposed || (auto !== "SAME_UPPER" && auto !== "SAME_LOWER")) throw new Refusal(`its auto_pad is ${auto}`);
  const total = Math.max(0, (Math.ceil(size / stride) - 1) * stride + (kernel - 1) * dilation + 1 - size);
  const less = Math.floor(total / 2);
  return auto === "SAME_UPPER" ? { before: less, after: total - less } : { before: total - less, after: less };
}

/** Elements of an axis after the windows. */
function outputSize({ size, kernel, stride, dilation, before, after, more }: Window, transposed: boolean): number {
  const reach = dilation * (kernel - 1) + 1;
  if (transposed) return (size - 1) * stride + reach - before - after + more;
  return Math.floor((size + before + after - reach) / stride) + 1;
}

/** The windows of a node. */
interface Run {
  readonly windows: readonly Window[];
  readonly time: TimeWindow | null;
  readonly outputChannels: number;
}

/**
 * Adds a layer along time and inner axes of [N, C, ...axes]. Axes of one element fall away, and several rows of N are one axis more.
 *
 * @param specOf gives the layer for [C, ...inner] and the windows along the inner axes
 */
function alongInner(
  call: Call,
  { windows, time, outputChannels }: Run,
  specOf: (inputShape: number[], inner: Window[], along: ReturnType<typeof windowed> | null) => BareSpec,
): Value {
  const { axes } = call.signal(0);
  const rows = typeof axes[0] === "number" ? axes[0] : 1;
  const isInner = windows.map((window) => window.size !== 1 || !isTrivial(window));
  const own = windows.filter((_, i) => isInner[i]!);
  const ofRows: Window[] = rows === 1 ? [] : [{ ...UNIT, size: rows }];
  const inner = [...ofRows, ...own];
  demand(inner.length <= 2, `it runs along ${inner.length} axes of features`);
  const order = [1, 0, ...windows.map((_, i) => i + 2)];
  const value = rows === 1 ? call.signal(0) : (permuted(call, call.signal(0), order) as Value<Signal>);
  const along = time === null ? null : windowed(call, { axes, content: value.content }, time);
  const spec = specOf([axes[1] as number, ...inner.map(({ size }) => size)], inner, along);
  const transposed = spec.type === "conv" && spec.transposed === true;
  const sizes = windows.map((window) => outputSize(window, transposed));
  demand(
    sizes.every((size) => size > 0),
    `it gives an output of [${[outputChannels, ...sizes].join(", ")}]`,
  );
  const { wiring, layerName } = call;
  const size = sizes.reduce((product, one) => product * one, rows * outputChannels);
  const columns = along?.columns ?? columnsFor(value.content, wiring, layerName);
  const source = wiring.addLayer(layerName, columns, size, spec);
  if (along !== null) rememberAxis(source, along.before);
  const content = sourceSignal(source, value.content.step, value.content.isReversed);
  const outer = sizes.map((one, i): Axis => {
    if (i === time?.place) return along!.after;
    return typeof axes[i + 2] === "number" ? one : axes[i + 2]!;
  });
  if (rows === 1) return { axes: [axes[0]!, outputChannels, ...outer], content };
  return permuted(call, { axes: [outputChannels, rows, ...outer], content }, order);
}
