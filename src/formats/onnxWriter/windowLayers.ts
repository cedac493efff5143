// Convolutions and poolings as ONNX's Conv, ConvTranspose, MaxPool and AveragePool over [B, C, T, ...inner].

import { type ConvLayer, windowLength } from "../../layers/conv.js";
import type { PoolLayer } from "../../layers/pool.js";
import { pastFrames } from "../../layers/timeWindow.js";
import { activated } from "./activations.js";
import type { Value } from "./graphBuilder.js";
import { type LayerContext, noForm } from "./layerWriter.js";
import { likeInput } from "./recurrentLayers.js";

export function writeConv(layer: ConvLayer, context: LayerContext): Value {
  const { graph } = context;
  const { outputChannels, inputShape, groups, timeKernelSize, kernelSize, bias, activation } = layer;
  if (layer.transposed) return activated(graph, activation, transposedConv(layer, context));
  const shape = [outputChannels, inputShape[0]! / groups, timeKernelSize, ...kernelSize];
  const weights = [graph.floats("weight", shape, layer.weight), ...biasOf(layer, context, bias)];
  const dilations = [layer.timeDilation, ...layer.dilation];
  const y = overWindows(layer, context, "Conv", weights, { dilations, group: groups });
  return activated(graph, activation, y);
}

export function writePool(layer: PoolLayer, context: LayerContext): Value {
  return layer.operation === "max"
    ? overWindows(layer, context, "MaxPool", [], {})
    : overWindows(layer, context, "AveragePool", [], { count_include_pad: layer.countPadding ? 1 : 0 });
}

function biasOf({ outputChannels }: ConvLayer, { graph }: LayerContext, bias: Float32Array | null): Value[] {
  return bias === null ? [] : [graph.floats("bias", [outputChannels], bias)];
}

/** An operator over windows, [T, B, features]. */
function overWindows(
  layer: ConvLayer | PoolLayer,
  context: LayerContext,
  operator: string,
  weights: readonly Value[],
  attributes: Readonly<Record<string, number | readonly number[]>>,
): Value {
  const { graph } = context;
  const { inputShape, kernelSize, stride, padding, timeKernelSize, timeStride } = layer;
  const { frames, before, after } = withPast(layer, context);
  const inner = inputShape.slice(1).map((_, i) => i + 3);
  const x = graph.transpose(graph.reshape(frames, 0, 0, ...inputShape), 1, 2, 0, ...inner);
  const sides = [0, 1].map((side) => padding.filter((_, i) => i % 2 === side));
  const y = graph.node(operator, [x, ...weights], {
    kernel_shape: [timeKernelSize, ...kernelSize],
    strides: [timeStride, ...stride],
    pads: [before, ...sides[0]!, after, ...sides[1]!],
    ...attributes,
  });
  return graph.reshape(graph.transpose(y, 2, 0, 1, ...inner), 0, 0, -1);
}

/** A layer's frames, with the past ones before them, and how many the operator is to pad. */
function withPast(
  layer: ConvLayer | PoolLayer,
  { graph, input, isStreaming, state, keep }: LayerContext,
): { frames: Value; before: number; after: number } {
  const numPast = pastFrames(layer);
  if (numPast > 0) {
    const size = layer.inputShape.reduce((product, each) => product * each, 1);
    if (!isStreaming) {
      return { frames: graph.node("Pad", [input, graph.ints(numPast, 0, 0, 0, 0, 0)]), before: 0, after: 0 };
    }
    const past = graph.transpose(graph.reshape(state("past"), -1, numPast, size), 1, 0, 2);
    const frames = graph.node("Concat", [past, input], { axis: 0 });
    const next = graph.slice(frames, 0, -numPast, Number.MAX_SAFE_INTEGER);
    keep("past", graph.reshape(graph.transpose(next, 1, 0, 2), 1, -1, numPast * size));
    return { frames, before: 0, after: 0 };
  }
  const { timePadding, timeStride, timeKernelSize } = layer;
  if (typeof timePadding === "object") return { frames: input, before: timePadding[0], after: timePadding[1] };
  if (timePadding !== "same") return { frames: input, before: 0, after: 0 };
  if (timeStride > 1) throw noForm(layer, 'timePadding "same" with a stride, which depends on the length');
  const reach = (timeKernelSize - 1) * ("timeDilation" in layer ? layer.timeDilation : 1);
  return { frames: input, before: Math.floor(reach / 2), after: Math.ceil(reach / 2) };
}

/** A transposed convolution of each frame. */
function transposedConv(layer: ConvLayer, context: LayerContext): Value {
  const { graph, input } = context;
  const { outputChannels, inputShape, groups, kernelSize, stride, dilation, padding, outputPadding, bias } = layer;
  if (layer.timeKernelSize > 1 || layer.timeStride > 1) throw noForm(layer, "a transposed one along time");
  const [channels, ...given] = inputShape as [number, ...number[]];
  // ONNX's has at least one inner axis.
  const withOne = <T>(list: readonly T[], ...ones: T[]) => (given.length === 0 ? ones : list);
  const x = graph.reshape(input, -1, channels, ...withOne(given, 1));
  const own = [channels, outputChannels / groups, ...withOne(kernelSize, 1)];
  const y = graph.node(
    "ConvTranspose",
    [x, graph.floats("weight", own, turned(layer)), ...biasOf(layer, context, bias)],
    {
      kernel_shape: withOne(kernelSize, 1),
      strides: withOne(stride, 1),
      dilations: withOne(dilation, 1),
      output_padding: withOne(outputPadding, 0),
      pads: withOne(
        [0, 1].flatMap((side) => padding.filter((_, i) => i % 2 === side)),
        0,
        0,
      ),
      group: groups,
    },
  );
  const outer = given.map((size, i) => {
    const span = (kernelSize[i]! - 1) * dilation[i]! + 1;
    return (size - 1) * stride[i]! + span + outputPadding[i]! - padding[2 * i]! - padding[2 * i + 1]!;
  });
  return likeInput(
    graph,
    input,
    y,
    outer.reduce((product, size) => product * size, outputChannels),
  );
}

/** Weights [O, C / groups, k] as [C, O / groups, k]. */
function turned({ weight, outputChannels, inputShape, groups, ...layer }: ConvLayer): Float32Array {
  const inputs = inputShape[0]! / groups;
  const outputs = outputChannels / groups;
  const size = windowLength({ ...layer, weight, outputChannels, inputShape, groups }) / inputs;
  const values = new Float32Array(weight.length);
  for (let o = 0; o < outputChannels; o++) {
    for (let c = 0; c < inputs; c++) {
      const channel = Math.floor(o / outputs) * inputs + c;
      const from = (o * inputs + c) * size;
      values.set(weight.subarray(from, from + size), (channel * outputs + (o % outputs)) * size);
    }
  }
  return values;
}
