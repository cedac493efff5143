// Normalisations.

import { layerType } from "../../layers/index.js";
import { type Axis, axisIndex, numFeatures, strides } from "./axes.js";
import type { Call, Operator } from "./call.js";
import { demand } from "./refusal.js";
import { columnsFor, scaled, shifted } from "./signals.js";
import { type Signal, sourceSignal, type Value, widthOf } from "./value.js";

export const normOperators: Readonly<Record<string, Operator>> = {
  BatchNormalization: batchNormalization,
  InstanceNormalization: instanceNormalization,
  LayerNormalization: layerNormalization,
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
  const normal = scaled(content, perChannel(axes, 1, factors), call.wiring, call.layerName);
  return [{ axes, content: shifted(normal, perChannel(axes, 1, addends)) }];
}

/** Each channel over its inner axes. */
function instanceNormalization(call: Call): Value[] {
  const value = call.signal(0);
  const { axes } = value;
  const [scale, bias] = [1, 2].map((i) => Float64Array.from(call.constant(i).content.values));
  demand(axes.length >= 3, "it needs its channels as axis 1");
  const content = normalized(call, value, 2, call.float("epsilon", 1e-5));
  const factors = perChannel(axes, 1, scale!);
  return [
    { axes, content: shifted(scaled(content, factors, call.wiring, call.layerName), perChannel(axes, 1, bias!)) },
  ];
}

function layerNormalization(call: Call): Value[] {
  const value = call.signal(0);
  const { axes } = value;
  const axis = axisIndex(call.int("axis", -1), axes.length);
  let content = normalized(call, value, axis, call.float("epsilon", 1e-5));
  const perFeature = (i: number, what: string) => {
    const { values } = call.constant(i, what).content;
    const inner = numFeatures(axes.slice(axis));
    demand(values.length === inner, `it has ${values.length} numbers as ${what} for ${inner} features`);
    return Float64Array.from({ length: widthOf(content) }, (_, k) => values[k % inner]!);
  };
  content = scaled(content, perFeature(1, "scale"), call.wiring, call.layerName);
  if (call.optional(2) !== null) content = shifted(content, perFeature(2, "bias"));
  return [{ axes, content }];
}

/** (x - mean) / deviation over all axes from one on. */
function normalized(call: Call, { axes, content }: Value<Signal>, first: number, epsilon: number): Signal {
  const over = axes.slice(first);
  demand(
    over.every((axis) => typeof axis === "number"),
    "it normalises along time or batch",
  );
  return addNorm(call, content, numFeatures(axes.slice(0, first)), epsilon, true);
}

/** Equal parts of features, one after the other, each normalised by itself. @param center whether their mean is taken off */
function addNorm(
  { wiring, layerName }: Call,
  signal: Signal,
  groups: number,
  epsilon: number,
  center: boolean,
): Signal {
  const columns = columnsFor(signal, wiring, layerName);
  const isKnown = "groups" in layerType({ type: "norm" }).fields;
  demand(isKnown || (groups === 1 && center), "it normalises features in several groups");
  const spec = { type: "norm", inputSize: columns.length, epsilon, groups, center } as const;
  const source = wiring.addLayer(layerName, columns, columns.length, spec as never);
  return sourceSignal(source, signal.step, signal.isReversed);
}
