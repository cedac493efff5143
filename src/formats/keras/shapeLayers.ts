// Layers that only change the shape of a tensor, or the order of its axes.

import { checkFrame, indicesOf, stridesOf } from "./frameOrder.js";
import type { LayerCall, LayerReader } from "./layerCall.js";
import { wholeSequence } from "./summaryLayers.js";
import { frameSize } from "./tensor.js";

/** All features of a step as one axis. */
export const readFlatten: LayerReader = (call) => {
  const { config, input } = call;
  if (config.text("data_format", "channels_last") === "channels_first" && input.shape.length > 1) {
    throw config.unsupported("data_format", "channels_last");
  }
  if (input.isSequence) return wholeSequence(call);
  return { ...input, shape: [input.size], mask: null };
};

export const readReshape: LayerReader = (call) => {
  const { config, input, builder } = call;
  const target = config.list("target_shape");
  const first = target[0];
  const isOfModel =
    builder.inputs.size === 1 &&
    [...builder.inputs.values()].includes(input) &&
    builder.numReaders(call.layer.inputs[0]!) === 1 &&
    !call.layer.isPerStep;
  if (!input.isSequence && isOfModel && target.length > 1 && builder.hasTime) {
    // The model's features are the steps of a sequence: a row has them one after the other, as steps do.
    const [numSteps, ...shape] = sizesOf(call, target, input.size) as [number, ...number[]];
    const size = frameSize(shape);
    builder.notes.push(`Layer "${call.name}" makes ${numSteps} steps of a row: the input here is steps of ${size}.`);
    return { ...input, shape, size, isSequence: true, numSteps };
  }
  if (!input.isSequence) return { ...input, shape: sizesOf(call, target, input.size), mask: null };
  const keepsTime = first === -1 || (first === input.numSteps && first !== null);
  const rest = target.slice(1);
  if (target.length === 1 && (first === -1 || first === (input.numSteps ?? NaN) * input.size))
    return wholeSequence(call);
  if (!keepsTime || (first === -1 && rest.includes(-1)))
    throw config.unsupported("target_shape", "one with the same steps");
  const shape = rest.length === 0 ? [1] : sizesOf(call, rest, input.size);
  return { ...input, shape, mask: null };
};

/** The sizes of a shape with as many elements as `size`, of which one may be -1. */
function sizesOf(call: LayerCall, target: readonly unknown[], size: number): number[] {
  const known = target.filter((each) => each !== -1);
  const areSizes = known.every((each) => Number.isSafeInteger(each) && (each as number) > 0);
  const product = areSizes ? frameSize(known as number[]) : 0;
  const shape = target.map((each) => (each === -1 ? size / product : (each as number)));
  if (target.length - known.length <= 1 && shape.every(Number.isSafeInteger) && frameSize(shape) === size) return shape;
  throw call.config.unsupported("target_shape", `one of ${size} elements a step`);
}

/** Other orders of axes; time stays the first one. */
export const readPermute: LayerReader = (call) => {
  const { config, input } = call;
  const dims = config.list("dims");
  const numBefore = input.isSequence ? 2 : 1;
  const axes = (input.isSequence ? dims.slice(1) : dims).map((dim) => (dim as number) - numBefore);
  const isWhole = [...axes].sort((a, b) => a - b).every((axis, i) => axis === i) && axes.length === input.shape.length;
  if (!isWhole || (input.isSequence && dims[0] !== 1)) throw config.unsupported("dims", "an order with time first");
  checkFrame(call, input.shape);
  const strides = stridesOf(input.shape);
  const shape = axes.map((axis) => input.shape[axis]!);
  const from = indicesOf(
    shape,
    axes.map((axis) => strides[axis]!),
  );
  return { ...input, shape, order: from.map((index) => input.order?.[index] ?? index), mask: null };
};
