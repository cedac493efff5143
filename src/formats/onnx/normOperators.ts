// Normalisations.

import type { NormSpec } from "../../layers/norm.js";
import { type Axis, axisIndex, numFeatures, strides } from "./axes.js";
import type { Call, Operator } from "./call.js";
import { scaledConv } from "./foldedConv.js";
import { demand } from "./refusal.js";
import { columnsFor, scaled, shifted } from "./signals.js";
import { type Signal, sourceSignal, type Value, widthOf } from "./value.js";

export const normOperators: Readonly<Record<string, Operator>> = {
  BatchNormalization: batchNormalization,
  InstanceNormalization: instanceNormalization,
  LayerNormalization: layerNormalization,
  GroupNormalization: groupNormalization,
  RMSNormalization: rootMeanSquare,
};

/** Repeats the numbers of channels for all features. */
function perChannel(axes: readonly Axis[], channelAxis: number, numbers: Float64Array): Float64Array {
  const channels = axes[channelAxis]!;
  demand(channels === numbers.length, `it has ${numbers.length} channels where there are ${String(channels)} features`);
  const step = strides(axes)[channelAxis]!;
  return Float64Array.from({ length: numFeatures(axes) }, (_, i) => numbers[Math.floor(i / step) % numbers.length]!);
}

function batchNormalization(call: Call): Value[] {
  const value = call.signal(0);
  demand(call.int("training_mode", 0) === 0, "it is in training mode");
  const [scale, bias, mean, variance] = [1, 2, 3, 4].map((i) => call.constant(i).content.values);
  const epsilon = call.float("epsilon", 1e-5);
  const factors = Float64Array.from(scale!, (factor, i) => factor / Math.sqrt(variance![i]! + epsilon));
  const addends = Float64Array.from(bias!, (addend, i) => addend - mean![i]! * factors[i]!);
  const { axes, content } = value;
  demand(axes.length >= 2, "it needs its channels as axis 1");
  const [scales, shifts] = [perChannel(axes, 1, factors), perChannel(axes, 1, addends)];
  const folded = call.isOnlyReader(0) ? scaledConv(call, content, scales, shifts) : null;
  if (folded !== null) return [{ axes, content: folded }];
  return [{ axes, content: shifted(scaled(content, scales, call.wiring, call.layerName), shifts) }];
}

/** Each channel over its inner axes. */
function instanceNormalization(call: Call): Value[] {
  const { axes, content } = call.signal(0);
  demand(axes.length >= 3, "it needs its channels as axis 1");
  checkFixed(axes.slice(2));
  const [weight, bias] = [1, 2].map((i) => {
    const numbers = Float64Array.from(call.constant(i).content.values);
    return Float32Array.from(perChannel(axes, 1, numbers));
  });
  const [groups, epsilon] = [numFeatures(axes.slice(0, 2)), call.float("epsilon", 1e-5)];
  return [{ axes, content: addNorm(call, content, { groups, epsilon, center: true, weight: weight!, bias: bias! }) }];
}

function layerNormalization(call: Call): Value[] {
  return [normalizedFrom(call, axisIndex(call.int("axis", -1), call.signal(0).axes.length), true)];
}

/** As layer normalisation, without a mean: https://onnx.ai/onnx/operators/onnx__RMSNormalization.html */
function rootMeanSquare(call: Call): Value[] {
  return [normalizedFrom(call, axisIndex(call.int("axis", -1), call.signal(0).axes.length), false)];
}

/** Normalises over all axes from one on, with a weight and a bias for each element of them. */
function normalizedFrom(call: Call, axis: number, center: boolean): Value {
  const { axes, content } = call.signal(0);
  checkFixed(axes.slice(axis));
  const inner = numFeatures(axes.slice(axis));
  const perFeature = (i: number, what: string) => {
    if (call.optional(i) === null) return null;
    const { values } = call.constant(i, what).content;
    demand(values.length === inner, `it has ${values.length} numbers as ${what} for ${inner} features`);
    return Float32Array.from({ length: widthOf(content) }, (_, k) => values[k % inner]!);
  };
  const [weight, bias] = [perFeature(1, "scale"), perFeature(2, "bias")];
  const [groups, epsilon] = [numFeatures(axes.slice(0, axis)), call.float("epsilon", 1e-5)];
  return { axes, content: addNorm(call, content, { groups, epsilon, center, weight, bias }) };
}

/** Groups of channels, each with its inner axes: https://onnx.ai/onnx/operators/onnx__GroupNormalization.html */
function groupNormalization(call: Call): Value[] {
  const { axes, content } = call.signal(0);
  const channels = axes[1];
  demand(axes.length >= 2 && typeof channels === "number", "it needs its channels as axis 1");
  const numGroups = call.int("num_groups", 0);
  demand(numGroups > 0 && channels % numGroups === 0, `it parts ${channels} channels into ${numGroups} groups`);
  checkFixed(axes.slice(1));
  const perElement = (i: number, what: string) => {
    // A number for each group before operator set 21.
    const { values } = call.constant(i, what).content;
    const isOfGroups = call.reading.opset < 21 && values.length === numGroups;
    const numbers = isOfGroups
      ? Float64Array.from({ length: channels }, (_, c) => values[Math.floor((c * numGroups) / channels)]!)
      : Float64Array.from(values);
    return Float32Array.from(perChannel(axes, 1, numbers));
  };
  const [weight, bias] = [perElement(1, "scale"), perElement(2, "bias")];
  const groups = numGroups * (typeof axes[0] === "number" ? axes[0] : 1);
  const epsilon = call.float("epsilon", 1e-5);
  return [{ axes, content: addNorm(call, content, { groups, epsilon, center: true, weight, bias }) }];
}

function checkFixed(axes: readonly Axis[]): void {
  const isFixed = axes.every((axis) => typeof axis === "number");
  demand(isFixed, "it normalises along time or batch");
}

/** Equal parts of features, one after the other, each normalised by itself. */
export function addNorm(
  { wiring, layerName }: Call,
  signal: Signal,
  fields: Pick<NormSpec, "groups" | "epsilon" | "center" | "weight" | "bias">,
): Signal {
  const columns = columnsFor(signal, wiring, layerName);
  const spec = { type: "norm", inputSize: columns.length, ...fields } as const;
  const source = wiring.addLayer(layerName, columns, columns.length, spec);
  return sourceSignal(source, signal.step, signal.isReversed);
}
