// The axes along which Keras's convolutions and poolings go: time and inner axes of frames, or inner axes alone.

import type { Config } from "./config.js";
import { channelsFirst, checkFrame, inOrder } from "./frameOrder.js";
import type { LayerCall } from "./layerCall.js";
import { frameSize, type KerasTensor } from "./tensor.js";

/** A tensor whose frames have channels first, and the axes that windows go along. */
export interface Spatial {
  readonly tensor: KerasTensor;
  readonly channels: number;
  /** Sizes of the inner axes. */
  readonly inner: readonly number[];
  /** Whether time is the first axis. */
  readonly isOverTime: boolean;
}

/** @param numAxes 1 of Conv1D, 2 of Conv2D @throws GruError `unsupported` for a tensor of other axes */
export function spatial(call: LayerCall, numAxes: number): Spatial {
  const { config, input } = call;
  const isChannelsFirst = config.text("data_format", "channels_last") === "channels_first";
  const numInner = input.shape.length - 1;
  const isOverTime = input.isSequence && numInner === numAxes - 1;
  if ((!isOverTime && numInner !== numAxes) || (isChannelsFirst && isOverTime)) {
    const got = `frames of [${input.shape.join(", ")}]${input.isSequence ? " in a sequence" : ""}`;
    throw call.unsupported(`${numAxes} axes beside the channels, which are last, got ${got}`);
  }
  checkFrame(call, input.shape);
  const tensor = isChannelsFirst ? inOrder(call, input, null) : inOrder(call, input, channelsFirst(input.shape));
  const channels = isChannelsFirst ? input.shape[0]! : input.shape.at(-1)!;
  return { tensor, channels, inner: isChannelsFirst ? input.shape.slice(1) : input.shape.slice(0, -1), isOverTime };
}

/** The tensor that a layer of windows gives. @param numSteps T, where the model fixes it */
export function fromSpatial(
  call: LayerCall,
  { tensor }: Spatial,
  name: string,
  channels: number,
  inner: readonly number[],
  numSteps: number | null,
): KerasTensor {
  const isChannelsFirst = call.config.text("data_format", "channels_last") === "channels_first";
  const shape = isChannelsFirst ? [channels, ...inner] : [...inner, channels];
  checkFrame(call, shape);
  const order = isChannelsFirst ? null : channelsFirst(shape);
  return { ...tensor, parts: [name], shape, order, size: frameSize(shape), numSteps, timePadding: null };
}

/** Windows along one axis. */
export interface AxisWindows {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
}

export type Padding = "valid" | "same" | "causal";

/** Keras's `padding`; Keras 1's was called border_mode. */
export function paddingOf(config: Config, mayBeCausal: boolean): Padding {
  const padding = config.text("padding", "valid").toLowerCase();
  if (padding === "valid" || padding === "same" || (padding === "causal" && mayBeCausal)) return padding;
  throw config.unsupported("padding", mayBeCausal ? "valid, same or causal" : "valid or same");
}

/** Elements from a window's first to its last, and one. */
export function reachOf({ kernel, dilation }: AxisWindows): number {
  return (kernel - 1) * dilation + 1;
}

/** Padding of one axis before and after, and the number of windows: as TensorFlow has "same". */
export function padAxis(
  size: number,
  windows: AxisWindows,
  padding: Padding,
): { before: number; after: number; outputSize: number } {
  const reach = reachOf(windows);
  const { stride } = windows;
  if (padding === "same") {
    const outputSize = Math.ceil(size / stride);
    const all = Math.max(0, (outputSize - 1) * stride + reach - size);
    return { before: Math.floor(all / 2), after: Math.ceil(all / 2), outputSize };
  }
  const before = padding === "causal" ? reach - 1 : 0;
  return { before, after: 0, outputSize: Math.floor((size + before - reach) / stride) + 1 };
}
