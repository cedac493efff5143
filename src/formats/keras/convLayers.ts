// Convolutions. Keras's kernels are [...kernel, channels, filters]; ours [filters, channels, time, ...kernel].

import type { ActivationSpec } from "../../layers/activation.js";
import type { ConvSpec } from "../../layers/conv.js";
import type { TimePadding } from "../../layers/timeWindow.js";
import { rowMajor } from "../strided.js";
import type { Tensor } from "../tensor.js";
import { isRow, withFunction } from "./activationLayers.js";
import {
  type AxisWindows,
  fromSpatial,
  padAxis,
  type Padding,
  paddingOf,
  reachOf,
  type Spatial,
  spatial,
} from "./convGeometry.js";
import { stridesOf } from "./frameOrder.js";
import { checkShape } from "./cellPart.js";
import { denseActivation, isBounded, type KerasFunction } from "./kerasActivation.js";
import type { LayerCall, LayerReader } from "./layerCall.js";
import type { NamedTensor } from "./kerasModel.js";
import type { KerasTensor } from "./tensor.js";

/** Conv1D and Conv2D. */
export function readConv(numAxes: 1 | 2): LayerReader {
  return (call) => {
    const { config } = call;
    const from = spatial(call, numAxes);
    const filters = config.size("filters");
    const groups = config.has("groups") ? config.size("groups") : 1;
    if (from.channels % groups !== 0) throw config.unsupported("groups", `a divisor of ${from.channels} channels`);
    const [kernel, bias] = call.weights("kernel", ...biasOf(call));
    const windows = windowsOf(call, numAxes);
    checkShape(kernel!, [...windows.map((axis) => axis.kernel), from.channels / groups, filters]);
    const weight = withAxes(kernel!.tensor, [numAxes + 1, numAxes, ...keysOf(numAxes)]);
    const layer = { windows, padding: paddingOf(config, numAxes === 1), filters, groups, weight, bias };
    return withActivation(call, (name, activation) => convolved(call, from, name, { ...layer, activation }));
  };
}

/** DepthwiseConv1D and DepthwiseConv2D: each channel by itself. */
export function readDepthwise(numAxes: 1 | 2): LayerReader {
  return (call) => {
    const from = spatial(call, numAxes);
    const [kernel, bias] = call.weights("depthwise_kernel", ...biasOf(call));
    const layer = depthwise(call, from, numAxes, kernel!);
    return withActivation(call, (name, activation) => convolved(call, from, name, { ...layer, bias, activation }));
  };
}

/** SeparableConv1D and SeparableConv2D: each channel by itself, then all channels of each position. */
export function readSeparable(numAxes: 1 | 2): LayerReader {
  return (call) => {
    const { name } = call;
    const from = spatial(call, numAxes);
    const filters = call.config.size("filters");
    const [kernel, points, bias] = call.weights("depthwise_kernel", "pointwise_kernel", ...biasOf(call));
    const layer = depthwise(call, from, numAxes, kernel!);
    const between = convolved(call, from, `${name}.depthwise`, { ...layer, bias: undefined, activation: "linear" });
    const ones = keysOf(numAxes).map(() => 1);
    checkShape(points!, [...ones, layer.filters, filters]);
    const weight = withAxes(points!.tensor, [numAxes + 1, numAxes, ...keysOf(numAxes)]);
    const windows = ones.map((): AxisWindows => ({ kernel: 1, stride: 1, dilation: 1 }));
    const second = { windows, padding: "valid", filters, groups: 1, weight, bias } as const;
    const rest: Spatial = { ...from, tensor: between, channels: layer.filters, inner: innerOf(call, between) };
    return withActivation(call, (own, activation) => convolved(call, rest, own, { ...second, activation }));
  };
}

/** Conv1DTranspose and Conv2DTranspose, along the inner axes of frames. */
export function readTransposed(numAxes: 1 | 2): LayerReader {
  return (call) => {
    const { config } = call;
    const from = spatial(call, numAxes);
    if (from.isOverTime) throw call.unsupported("a transposed convolution of each step by itself, got one along time");
    if (config.has("output_padding")) throw config.unsupported("output_padding", "null");
    const filters = config.size("filters");
    const [kernel, bias] = call.weights("kernel", ...biasOf(call));
    const windows = windowsOf(call, numAxes);
    const padding = paddingOf(config, false);
    checkShape(kernel!, [...windows.map((axis) => axis.kernel), filters, from.channels]);
    const weight = withAxes(kernel!.tensor, [numAxes, numAxes + 1, ...keysOf(numAxes)]);
    // As the gradient of a convolution with this padding has them: results left out where windows overlap, or zeros between.
    const over = windows.map((axis) => reachOf(axis) - axis.stride);
    const cut = over.map((size) => (padding === "same" ? Math.max(0, size) : 0));
    const inner = from.inner.map((size, i) => size * windows[i]!.stride + Math.max(0, over[i]!) - cut[i]!);
    const layer = {
      transposed: true,
      padding: cut.flatMap((size) => [Math.floor(size / 2), Math.ceil(size / 2)]),
      outputPadding: over.map((size) => Math.max(0, -size)),
    };
    return withActivation(call, (name, activation) => {
      const fields = { ...fieldsOf(from, name, { windows, filters, groups: 1, weight, bias, activation }), ...layer };
      call.push(fields);
      return fromSpatial(call, from, name, filters, inner, from.tensor.numSteps);
    });
  };
}

/** The parts of a convolution. */
interface ConvParts {
  readonly windows: readonly AxisWindows[];
  readonly filters: number;
  readonly groups: number;
  readonly weight: Tensor;
  readonly bias: NamedTensor | undefined;
  readonly activation: KerasFunction;
}

function depthwise(call: LayerCall, { channels }: Spatial, numAxes: number, kernel: NamedTensor) {
  const { config } = call;
  const windows = windowsOf(call, numAxes);
  const multiplier = kernel.tensor.shape.at(-1) ?? 0; // TF.js writes no depth_multiplier of a SeparableConv2D
  checkShape(kernel, [...windows.map((axis) => axis.kernel), channels, multiplier]);
  const weight = withAxes(kernel.tensor, [numAxes, numAxes + 1, ...keysOf(numAxes)]);
  const padding = paddingOf(config, numAxes === 1);
  return { windows, padding, filters: channels * multiplier, groups: channels, weight };
}

/** Adds a convolution. */
function convolved(
  call: LayerCall,
  from: Spatial,
  name: string,
  parts: ConvParts & { readonly padding: Padding },
): KerasTensor {
  const { windows, padding, filters } = parts;
  const { tensor, isOverTime } = from;
  const axes = isOverTime ? windows.slice(1) : windows;
  const padded = from.inner.map((size, i) => padAxis(size, axes[i]!, padding));
  const time = isOverTime ? timeOf(call, tensor, windows[0]!, padding) : { fields: {}, numSteps: tensor.numSteps };
  call.push({
    ...fieldsOf(from, name, parts),
    padding: padded.flatMap(({ before, after }) => [before, after]),
    ...time.fields,
  });
  const inner = padded.map(({ outputSize }) => outputSize);
  return { ...fromSpatial(call, from, name, filters, inner, time.numSteps), isBounded: isBounded(parts.activation) };
}

/** The fields of windows along time, and the number of steps that they give. */
export function timeOf(call: LayerCall, tensor: KerasTensor, windows: AxisWindows, padding: Padding) {
  const { kernel, stride, dilation } = windows;
  if (tensor.isReversed && reachOf(windows) * stride > 1) {
    throw call.unsupported("windows of steps in their order, got steps in reverse, after go_backwards");
  }
  const timePadding = timePaddingOf(call, tensor, reachOf(windows), padding);
  const [before, after] = tensor.timePadding ?? [0, 0];
  const { numSteps } = tensor;
  const outputSize = numSteps === null ? null : padAxis(numSteps + before + after, windows, padding).outputSize;
  if (outputSize !== null && outputSize < 1) throw call.unsupported(`windows that fit, got ${numSteps} steps`);
  return {
    fields: { timeKernelSize: kernel, timeStride: stride, timeDilation: dilation, timePadding },
    numSteps: outputSize,
  };
}

/** Zeros for all steps but a window's last are what a stream begins with: `causal`. */
function timePaddingOf(call: LayerCall, tensor: KerasTensor, reach: number, padding: Padding): TimePadding {
  if (tensor.timePadding === null) return padding;
  if (padding === "same") throw call.config.unsupported("padding", "valid or causal after a padding of steps");
  const [zeros, after] = tensor.timePadding;
  const before = zeros + (padding === "causal" ? reach - 1 : 0);
  return before === reach - 1 && after === 0 ? "causal" : [before, after];
}

function fieldsOf({ tensor, channels, inner, isOverTime }: Spatial, name: string, parts: ConvParts): ConvSpec {
  const { windows, filters, groups, weight, bias, activation } = parts;
  const axes = isOverTime ? windows.slice(1) : windows;
  return {
    type: "conv",
    name,
    inputs: tensor.parts,
    inputShape: [channels, ...inner],
    outputChannels: filters,
    kernelSize: axes.map(({ kernel }) => kernel),
    stride: axes.map(({ stride }) => stride),
    dilation: axes.map(({ dilation }) => dilation),
    groups,
    activation: activation as ActivationSpec,
    weight: weight.values,
    bias: bias?.tensor.values ?? null,
    storage: weight.storage,
  };
}

/** Adds a layer with the call's activation; one of a whole row is a layer after it. */
function withActivation(call: LayerCall, make: (name: string, activation: KerasFunction) => KerasTensor): KerasTensor {
  const { config, name } = call;
  const activation = denseActivation(config, "activation", "linear", call.dialect.isKeras3);
  if (!isRow(activation)) return withoutMask(make(name, activation));
  return withoutMask(withFunction(call, make(`${name}.scores`, "linear"), activation, name));
}

/** Keras's layers along axes know no masks: the layers after them see none. */
export function withoutMask(tensor: KerasTensor): KerasTensor {
  return { ...tensor, mask: null };
}

function biasOf({ config }: LayerCall): string[] {
  return config.flag("use_bias", true) ? ["bias"] : [];
}

function windowsOf({ config }: LayerCall, numAxes: number): AxisWindows[] {
  const kernel = config.sizes("kernel_size", numAxes);
  const strides = config.sizes("strides", numAxes, 1);
  const dilations = config.sizes("dilation_rate", numAxes, 1);
  return kernel.map((size, i) => ({ kernel: size, stride: strides[i]!, dilation: dilations[i]! }));
}

/** The inner axes of a tensor of the same call. */
function innerOf({ config }: LayerCall, { shape }: KerasTensor): readonly number[] {
  return config.text("data_format", "channels_last") === "channels_first" ? shape.slice(1) : shape.slice(0, -1);
}

function keysOf(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

/** A tensor with its axes in another order. */
function withAxes({ shape, values, storage }: Tensor, axes: readonly number[]): Tensor {
  const strides = stridesOf(shape);
  const own = axes.map((axis) => shape[axis]!);
  return {
    shape: own,
    values: rowMajor(
      values,
      own,
      axes.map((axis) => strides[axis]!),
    ),
    storage,
  };
}
