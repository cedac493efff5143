// Windows of convolutions and poolings, along time and the axes of frames.

import type { Axis } from "./axes.js";
import type { Call } from "./call.js";
import { demand, Refusal } from "./refusal.js";
import { permuted } from "./shapeOperators.js";
import { columnsFor } from "./signals.js";
import { rememberAxis, timePads, type TimeWindow, windowed } from "./timeWindows.js";
import { type Signal, sourceSignal, type Value } from "./value.js";
import type { BareSpec } from "./wiring.js";

/** A window along one axis. */
export interface Window {
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

/** The number that frames around a sequence are of; zeros of a node's own, beside them, would be other numbers. */
export function fillOf(
  { fill }: ReturnType<typeof windowed>,
  inner: readonly Window[],
  { padding }: TimeWindow,
): number {
  const isOnly = padding !== "same" && ![...padding, ...listsOf(inner).padding].some(Boolean);
  demand(fill === 0 || isOnly, `it pads by zeros a sequence that was padded by ${fill}`);
  return fill;
}

/** A window that gives each element by itself. */
export function isTrivial({ kernel, stride, before, after, more }: Window): boolean {
  return kernel === 1 && stride === 1 && before === 0 && after === 0 && more === 0;
}

export function listsOf(windows: readonly Window[]) {
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
export function readWindows(
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
    const padding = timePads(auto, axis, { place: i, ...lists }, own);
    if (size === 1 && lists.stride === 1 && lists.more === 0 && padding !== "same" && !padding.some(Boolean))
      return UNIT;
    demand(time === null, "it runs along time and batch");
    const window = { place: i, kernel: size, stride: lists.stride, dilation: lists.dilation, padding };
    time = transposed ? turnedRound(window, lists.more) : window;
    return UNIT;
  });
  return { windows, time };
}

/** The windows of a transposed convolution along time, as those of one with its kernel turned round. */
function turnedRound(window: TimeWindow, more: number): TimeWindow {
  const { kernel, stride, dilation, padding } = window;
  const way = "give them as features of one frame, and part them after the model";
  demand(stride === 1 && more === 0, `it makes ${stride} steps of each, which no layer does; ${way}`);
  demand(padding !== "same", "it is transposed, and its auto_pad is SAME_UPPER");
  const reach = (kernel - 1) * dilation;
  const pads = [reach - padding[0], reach - padding[1]] as const;
  demand(Math.min(...pads) >= 0, `it leaves out ${padding.join(" and ")} steps of windows of ${reach + 1}`);
  return { ...window, padding: pads };
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
  /** Whether it takes the largest of each window. */
  readonly takesLargest?: boolean;
}

/**
 * Adds a layer along time and inner axes of [N, C, ...axes]. Axes of one element fall away, and several rows of N are one axis more.
 *
 * @param specOf gives the layer for [C, ...inner] and the windows along the inner axes
 */
export function alongInner(
  call: Call,
  { windows, time, outputChannels, takesLargest }: Run,
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
  const along = time === null ? null : windowed(call, { axes, content: value.content }, time, takesLargest);
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
