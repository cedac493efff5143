import { inKerasOrder, spreadOver } from "./frameOrder.js";
import { linearBefore } from "./activationLayers.js";
import { checkShape } from "./cellPart.js";
import type { LayerCall, LayerReader } from "./layerCall.js";

/** As at inference, by moving averages: (x - mean) / sqrt(variance + epsilon) * gamma + beta, of each channel. */
export const readBatchNorm: LayerReader = (call) => {
  const { name, config, input } = call;
  const axis = frameAxes(call)[0]!;
  const [hasScale, hasCenter] = [config.flag("scale", true), config.flag("center", true)];
  const tensors = call.weights(
    ...(hasScale ? ["gamma"] : []),
    ...(hasCenter ? ["beta"] : []),
    "moving_mean",
    "moving_variance",
  );
  const size = input.shape[axis]!;
  for (const tensor of tensors) checkShape(tensor, [size]);
  const values = tensors.map(({ tensor }) => tensor.values);
  const gamma = hasScale ? values.shift()! : null;
  const beta = hasCenter ? values.shift()! : null;
  const [mean, variance] = values as [Float32Array, Float32Array];
  const epsilon = config.number("epsilon", 1e-3);
  const scale = Float64Array.from(variance, (each, i) => (gamma?.[i] ?? 1) / Math.sqrt(each + epsilon));
  const shift = scale.map((each, i) => (beta?.[i] ?? 0) - mean[i]! * each);
  const axes = input.shape.map((each, i) => (i === axis ? each : 1));
  const [scales, shifts] = [spreadOver(call, input, scale, axes), spreadOver(call, input, shift, axes)];
  if (!joinsBefore(call, scales, shifts)) {
    const map = { type: "map", name, inputs: input.parts, outputSize: input.size, operation: "multiply" } as const;
    call.push({ ...map, operand: scales, bias: shifts });
  }
  return { ...input, parts: [name], isBounded: false };
};

/**
 * Makes a multiple of each output and a sum part of the linear layer before, if nothing else reads that.
 *
 * @param scales of each number of a frame @param shifts likewise
 */
function joinsBefore(call: LayerCall, scales: Float32Array, shifts: Float32Array): boolean {
  const { name, builder } = call;
  const before = linearBefore(call);
  // Numbers of f16 and their products would lose half of their digits.
  if ((before?.type !== "dense" && before?.type !== "conv") || (before.storage ?? "f32") !== "f32") return false;
  const numOutputs = before.type === "dense" ? before.outputSize : before.outputChannels;
  const each = scales.length / numOutputs;
  const first = (values: Float32Array, i: number) => values[i - (i % each)];
  if (scales.some((value, i) => value !== first(scales, i) || shifts[i] !== first(shifts, i))) return false;
  const length = before.weight.length / numOutputs;
  const weight = before.weight.map((value, i) => value * scales[Math.floor(i / length) * each]!);
  const bias = Float32Array.from({ length: numOutputs }, (_, i) => {
    return (before.bias?.[i] ?? 0) * scales[i * each]! + shifts[i * each]!;
  });
  builder.list.replace(before, { ...before, name, weight, bias });
  return true;
}

/** Over the last axes of each step. */
export const readLayerNorm: LayerReader = (call) => {
  const { name, config } = call;
  if (config.flag("rms_scaling", false)) throw config.unsupported("rms_scaling", "false");
  const axes = frameAxes(call);
  const { shape } = call.input;
  const first = shape.length - axes.length;
  if (axes.some((axis, i) => axis !== first + i)) throw config.unsupported("axis", "the last axes");
  const input = inKerasOrder(call, call.input);
  const [hasScale, hasCenter] = [config.flag("scale", true), config.flag("center", true)];
  const tensors = call.weights(...(hasScale ? ["gamma"] : []), ...(hasCenter ? ["beta"] : []));
  const own = shape.slice(first);
  for (const tensor of tensors) checkShape(tensor, own);
  const [weight, bias] = [hasScale, hasCenter].map((has, i) => {
    const values = has ? tensors[i === 1 && hasScale ? 1 : 0]!.tensor.values : null;
    return values && spreadOver(call, input, values, [...shape.slice(0, first).map(() => 1), ...own]);
  }) as [Float32Array | null, Float32Array | null];
  if (first > 0) throw config.unsupported("axis", "all axes of a step");
  const epsilon = config.number("epsilon", 1e-3);
  call.push({ type: "norm", name, inputs: input.parts, inputSize: input.size, epsilon, weight, bias });
  return { ...input, parts: [name], isBounded: false };
};

/** The axes of frames that a normalisation names, in their order. */
function frameAxes(call: LayerCall): number[] {
  const given = call.config.get("axis") ?? -1;
  const { shape, isSequence } = call.input;
  // Files made or converted by hand say the axis that the features had before the steps went: no other than these is left.
  const isOnlyAxis = (axis: unknown) => !isSequence && shape.length === 1 && axis === 2;
  const axes = (Array.isArray(given) ? given : [given]).map((axis) => (isOnlyAxis(axis) ? 0 : call.frameAxis(axis)));
  if (axes.length > 0 && axes.every((axis): axis is number => axis !== null)) return axes.sort((a, b) => a - b);
  throw call.config.unsupported("axis", "the axes of a step");
}
