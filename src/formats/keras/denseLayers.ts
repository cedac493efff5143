import type { ActivationSpec } from "../../layers/activation.js";
import type { ConvLayer } from "../../layers/conv.js";
import { convertKernel } from "../kernel.js";
import { isRow, withFunction } from "./activationLayers.js";
import { channelsFirst, checkFrame, inOrder } from "./frameOrder.js";
import { checkShape } from "./cellPart.js";
import { denseActivation, isBounded, type KerasFunction } from "./kerasActivation.js";
import type { LayerCall, LayerReader } from "./layerCall.js";
import { frameSize, type KerasTensor } from "./tensor.js";

/** Along the last axis: of each frame, or of each of its positions, as a convolution of windows of one. */
export const readDense: LayerReader = (call) => {
  const { config, input } = call;
  const hasBias = config.flag(config.has("use_bias") ? "use_bias" : "bias", true); // Keras 1: bias
  const outputSize = config.size(config.has("units") ? "units" : "output_dim");
  const [kernel, bias] = call.weights("kernel", ...(hasBias ? ["bias"] : []));
  const inputSize = input.shape.at(-1)!;
  checkShape(kernel!, [inputSize, outputSize]);
  if (bias !== undefined) checkShape(bias, [outputSize]);
  const activation = denseActivation(config, "activation", "linear", call.dialect.isKeras3);
  const weights = { bias: bias?.tensor.values ?? null, storage: kernel!.tensor.storage };
  const weight = convertKernel(kernel!.tensor, 1);
  if (input.shape.length > 1) return atPositions(call, outputSize, activation, { weight, ...weights });
  call.push({
    type: "dense",
    name: call.name,
    inputs: input.parts,
    inputSize,
    outputSize,
    activation,
    weight: inStoredOrder(weight, input),
    ...weights,
  });
  const isWithin = isBounded(activation);
  return { ...input, parts: [call.name], size: outputSize, shape: [outputSize], order: null, isBounded: isWithin };
};

/** A weight whose columns are in the order of a frame's numbers. @param weight [O, I] */
function inStoredOrder(weight: Float32Array, { order, size }: KerasTensor): Float32Array {
  if (order === null) return weight;
  const stored = new Float32Array(weight.length);
  for (let row = 0; row < weight.length; row += size) {
    for (let i = 0; i < size; i++) stored[row + order[i]!] = weight[row + i]!;
  }
  return stored;
}

function atPositions(
  call: LayerCall,
  outputSize: number,
  activation: KerasFunction,
  weights: Pick<ConvLayer, "weight" | "bias" | "storage">,
): KerasTensor {
  const { name } = call;
  checkFrame(call, call.input.shape);
  const input = inOrder(call, call.input, channelsFirst(call.input.shape));
  const inner = input.shape.slice(0, -1);
  const own = isRow(activation) ? `${name}.scores` : name;
  call.push({
    type: "conv",
    name: own,
    inputs: input.parts,
    inputShape: [input.shape.at(-1)!, frameSize(inner)],
    outputChannels: outputSize,
    activation: isRow(activation) ? "linear" : (activation as ActivationSpec),
    ...weights,
  });
  const shape = [...inner, outputSize];
  checkFrame(call, shape);
  const isWithin = isBounded(activation);
  const output = {
    ...input,
    parts: [own],
    shape,
    size: frameSize(shape),
    order: channelsFirst(shape),
    isBounded: isWithin,
  };
  return isRow(activation) ? withFunction(call, output, activation, name) : output;
}
