// Layers that make one frame of all steps, or one number of each channel's elements.

import { GruError } from "../../errors.js";
import { checkFrame, inKerasOrder } from "./frameOrder.js";
import { spatial } from "./convGeometry.js";
import type { LayerCall, LayerReader } from "./layerCall.js";
import { unmaskedScore } from "./mask.js";
import { frameSize, type KerasTensor } from "./tensor.js";

/** GlobalMaxPooling and GlobalAveragePooling, over one axis or two. The mean is of the steps that no mask leaves out. */
export function readGlobalPool(operation: "max" | "mean", numAxes: 1 | 2): LayerReader {
  return (call) => {
    const { name, config } = call;
    const from = spatial(call, numAxes);
    const keepsAxes = config.flag("keepdims", false);
    if (!from.isOverTime) return ofInner(call, from, operation, name, keepsAxes ? numAxes : 0);
    if (keepsAxes) throw config.unsupported("keepdims", "false over time");
    const own = `${name}.frames`;
    return ofSteps(call, numAxes === 1 ? from.tensor : ofInner(call, from, operation, own, 0), operation);
  };
}

/** One number of each channel. @param numOnes axes of one element before it */
function ofInner(
  call: LayerCall,
  { tensor, channels, inner }: ReturnType<typeof spatial>,
  operation: "max" | "mean",
  name: string,
  numOnes: number,
): KerasTensor {
  const inputShape = [channels, frameSize(inner)];
  call.push({ type: "reduce", name, inputs: tensor.parts, inputShape, axes: [1], operation });
  const shape = [...Array.from({ length: numOnes }, () => 1), channels];
  return { ...tensor, parts: [name], shape, size: channels, order: null, mask: tensor.isSequence ? tensor.mask : null };
}

/** One frame of all steps of a sequence of features. */
function ofSteps(
  call: LayerCall,
  { parts, size, mask, isBounded }: KerasTensor,
  operation: "max" | "mean",
): KerasTensor {
  const { name } = call;
  if (operation === "mean" && mask !== null) {
    const score = unmaskedScore(`${name}.score`, mask.layer);
    call.push(score, { type: "attention", name, inputs: [score.name, ...parts], valueSize: size });
  } else {
    call.push({ type: "aggregate", name, inputs: parts, inputSize: size, operation });
  }
  return summary(name, size, isBounded);
}

function summary(name: string, size: number, isBounded: boolean): KerasTensor {
  const tensor = { parts: [name], shape: [size], size, order: null, isSequence: false, numSteps: null };
  return { ...tensor, timePadding: null, isReversed: false, mask: null, isBounded };
}

/** All steps of a sequence, one after the other, as one frame: where the model fixes how many they are. */
export function wholeSequence(call: LayerCall): KerasTensor {
  const { name, input } = call;
  if (input.isReversed) throw call.unsupported("steps in their order, got steps in reverse, after go_backwards");
  const { numSteps, size } = input;
  if (numSteps === null) {
    const wayOut = "give the model's input a number of steps, or put TimeDistributed around the layer";
    throw new GruError("unsupported", `${call.subject}: expected a sequence of a fixed number of steps; ${wayOut}`);
  }
  checkFrame(call, [numSteps, size]);
  const { parts } = inKerasOrder(call, input);
  call.push({ type: "flatten", name, inputs: parts, inputSize: size, sequenceLength: numSteps });
  return summary(name, numSteps * size, input.isBounded);
}
