// Layers that pad, crop and repeat along the axes of an image or of a sequence.

import { channelsFirst, checkFrame, stridesOf } from "./frameOrder.js";
import type { LayerCall, LayerReader } from "./layerCall.js";
import { frameSize, type KerasTensor } from "./tensor.js";

/** The elements of a new axis: how many, and which element of the old one each is, -1 for a zero. */
interface NewAxis {
  readonly size: number;
  from(k: number): number;
}

/** Zeros around; steps of zeros are left to the convolution that reads them. */
export function readPadding(numAxes: 1 | 2): LayerReader {
  return (call) => {
    const { input } = call;
    const { time, axes, own } = axesOf(call, sidesOf(call, "padding", numAxes, 1));
    const padded = gathered(call, axes, (size, i) => {
      const [before, after] = own[i]!;
      return { size: size + before + after, from: (k) => (k < before || k >= before + size ? -1 : k - before) };
    });
    if (time === undefined || (time[0] === 0 && time[1] === 0)) return padded;
    if (input.timePadding !== null) throw call.unsupported("one padding of steps before a convolution, got two");
    return { ...padded, timePadding: time, mask: null };
  };
}

export function readCropping(numAxes: 1 | 2): LayerReader {
  return (call) => {
    const { time, axes, own } = axesOf(call, sidesOf(call, "cropping", numAxes, numAxes === 1 ? 1 : 0));
    if (time !== undefined && time[0] + time[1] > 0) throw call.config.unsupported("cropping", "0 along time");
    return gathered(call, axes, (size, i) => {
      const [before, after] = own[i]!;
      if (before + after >= size) throw call.config.unsupported("cropping", `less than ${size}`);
      return { size: size - before - after, from: (k) => k + before };
    });
  };
}

/** Each element several times. */
export function readUpSampling(numAxes: 1 | 2): LayerReader {
  return (call) => {
    const { config } = call;
    if (config.text("interpolation", "nearest") !== "nearest") throw config.unsupported("interpolation", "nearest");
    const times = config.sizes(config.has("size") ? "size" : "length", numAxes, 2); // Keras 1: length
    const { time, axes, own } = axesOf(call, times);
    if (time !== undefined && time !== 1) throw config.unsupported("size", "1 along time");
    return gathered(call, axes, (size, i) => ({ size: size * own[i]!, from: (k) => Math.floor(k / own[i]!) }));
  };
}

/** The axes of frames that a layer goes along, with a value for each, and the value for time if it goes along it. */
function axesOf<T>(call: LayerCall, values: readonly T[]): { time: T | undefined; axes: number[]; own: readonly T[] } {
  const { config, input } = call;
  const isChannelsFirst = config.text("data_format", "channels_last") === "channels_first";
  const numInner = input.shape.length - 1;
  const isOverTime = input.isSequence && numInner === values.length - 1;
  if ((!isOverTime && numInner !== values.length) || (isChannelsFirst && isOverTime)) {
    const got = `frames of [${input.shape.join(", ")}]${input.isSequence ? " in a sequence" : ""}`;
    throw call.unsupported(`${values.length} axes beside the channels, which are last, got ${got}`);
  }
  const axes = range(numInner, (i) => (isChannelsFirst ? i + 1 : i));
  return { time: isOverTime ? values[0] : undefined, axes, own: isOverTime ? values.slice(1) : values };
}

/** The sizes before and after each axis: one number for all, one for each, or two for each. */
function sidesOf({ config }: LayerCall, field: string, numAxes: number, otherwise: number): [number, number][] {
  const value = config.get(field) ?? otherwise;
  const list: readonly unknown[] = numAxes === 1 ? [value] : Array.isArray(value) ? value : [value, value];
  const sides = list.map((each) => (Array.isArray(each) ? each : [each, each]));
  const areSides = sides.every(
    (each) => each.length === 2 && each.every((side) => Number.isSafeInteger(side) && side >= 0),
  );
  if (list.length === numAxes && areSides) return sides as [number, number][];
  throw config.bad(field, "whole numbers before and after each axis");
}

/** Adds a rearrangement along some axes of frames. @param newAxis for an axis of that size */
function gathered(
  call: LayerCall,
  axes: readonly number[],
  newAxis: (size: number, i: number) => NewAxis,
): KerasTensor {
  const { input } = call;
  checkFrame(call, input.shape);
  const news = input.shape.map((size, axis): NewAxis => {
    const i = axes.indexOf(axis);
    return i < 0 ? { size, from: (k) => k } : newAxis(size, i);
  });
  const shape = news.map(({ size }) => size);
  checkFrame(call, shape);
  if (shape.every((size, axis) => size === input.shape[axis])) return { ...input, mask: null };
  const strides = stridesOf(input.shape);
  let sources = [0];
  news.forEach(({ size, from }, axis) => {
    const own = range(size, from);
    sources = sources.flatMap((at) => own.map((k) => (at < 0 || k < 0 ? -1 : at + k * strides[axis]!)));
  });
  // Channels first, as the layers along axes want them.
  const order = channelsFirst(shape);
  const indices = new Float32Array(frameSize(shape));
  sources.forEach((from, i) => (indices[order?.[i] ?? i] = from < 0 ? -1 : (input.order?.[from] ?? from)));
  return { ...input, parts: [call.rearranged(input, indices)], shape, size: indices.length, order, mask: null };
}

function range<T>(length: number, value: (k: number) => T): T[] {
  return Array.from({ length }, (_, k) => value(k));
}
