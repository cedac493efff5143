import { inKerasOrder, spreadOver } from "./frameOrder.js";
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
  call.push({
    type: "map",
    name,
    inputs: input.parts,
    outputSize: input.size,
    operation: "multiply",
    operand: spreadOver(call, input, scale, axes),
    bias: spreadOver(call, input, shift, axes),
  });
  return { ...input, parts: [name], isBounded: false };
};

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
  const axes = (Array.isArray(given) ? given : [given]).map((axis) => call.frameAxis(axis));
  if (axes.length > 0 && axes.every((axis): axis is number => axis !== null)) return axes.sort((a, b) => a - b);
  throw call.config.unsupported("axis", "the axes of a step");
}
