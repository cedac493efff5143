// Activations, of layers and as layers of their own.

import { type ActivationSpec, completeActivation, isRowFunction } from "../../layers/activation.js";
import type { ConvSpec } from "../../layers/conv.js";
import type { DenseSpec } from "../../layers/dense.js";
import type { LayerSpec } from "../../layers/index.js";
import type { MapSpec } from "../../layers/map.js";
import { inKerasOrder, spreadOver } from "./frameOrder.js";
import { activationName, denseActivation, isBounded, type KerasFunction, LAYER_FUNCTIONS } from "./kerasActivation.js";
import type { LayerCall, LayerReader } from "./layerCall.js";
import type { KerasTensor } from "./tensor.js";

export const readActivation: LayerReader = (call) =>
  activated(call, denseActivation(call.config, "activation", "linear", call.dialect.isKeras3));

/** A layer that is one function. */
export const readFunction: LayerReader = (call) =>
  activated(call, LAYER_FUNCTIONS.get(call.layer.className)!(call.config));

function activated(call: LayerCall, of: KerasFunction): KerasTensor {
  const { input } = call;
  if (activationName(of) === "linear") return input;
  const axis = axisOf(call);
  return joinedBefore(call, of) ?? withFunction(call, input, of, call.name, axis);
}

/** The axis of a softmax, among a frame's. */
function axisOf(call: LayerCall): number {
  const given = call.config.get("axis") ?? -1;
  const axis: unknown = Array.isArray(given) && given.length === 1 ? given[0] : given;
  const found = call.frameAxis(axis);
  if (found === null) throw call.config.unsupported("axis", "an axis of the features");
  return found;
}

/** The function as a part of the layer before, if that is linear and nothing else reads it; null otherwise. */
function joinedBefore(call: LayerCall, of: KerasFunction): KerasTensor | null {
  const { name, input, builder } = call;
  const before = linearBefore(call);
  const takesRows = before?.type === "dense" && input.shape.length === 1;
  if (before === null || (isRow(of) && !takesRows)) return null;
  builder.list.replace(before, { ...before, name, activation: of } as LayerSpec);
  return { ...input, parts: [name], isBounded: isBounded(of) };
}

/** Our layer that gives a call's input, if it has no activation and nothing else reads it; null otherwise. */
export function linearBefore({ layer, input, builder }: LayerCall): DenseSpec | ConvSpec | MapSpec | null {
  const before = builder.list.layers.find(({ name }) => name === layer.inputs[0]);
  if (before === undefined || input.parts.join() !== before.name || builder.numReaders(before.name!) > 1) return null;
  if (before.type !== "dense" && before.type !== "conv" && before.type !== "map") return null;
  return completeActivation(before.activation ?? "linear").name === "linear" ? before : null;
}

/** Adds a layer of that name that applies a function. @param axis of a softmax, among a frame's */
export function withFunction(
  call: LayerCall,
  tensor: KerasTensor,
  of: KerasFunction,
  name: string,
  axis = tensor.shape.length - 1,
): KerasTensor {
  if (!isRow(of)) {
    call.push({ type: "map", name, inputs: tensor.parts, outputSize: tensor.size, activation: of as ActivationSpec });
    return { ...tensor, parts: [name], isBounded: isBounded(of) };
  }
  const read = inKerasOrder(call, tensor);
  const operation = activationName(of) as "softmax" | "logSoftmax";
  call.push({ type: "reduce", name, inputs: read.parts, inputShape: read.shape, axes: [axis], operation });
  return { ...read, parts: [name], isBounded: isBounded(of) };
}

/** Whether it is a function of a whole row. */
export function isRow(of: KerasFunction): boolean {
  return isRowFunction(activationName(of));
}

/** x, or alpha x where it is negative, with an alpha for each feature. */
export const readPrelu: LayerReader = (call) => {
  const { name, input } = call;
  const [alpha] = call.weights("alpha");
  const { shape, values } = alpha!.tensor;
  const own = input.isSequence && shape[0] === 1 ? shape.slice(1) : shape;
  if (own.length !== input.shape.length || own.some((size, axis) => size !== 1 && size !== input.shape[axis])) {
    const got = `one of [${shape.join(", ")}]`;
    throw call.unsupported(
      `an alpha for each of the features [${input.shape.join(", ")}], the same at all steps, got ${got}`,
    );
  }
  const operand = spreadOver(call, input, values, own);
  call.push({ type: "map", name, inputs: input.parts, outputSize: input.size, operation: "prelu", operand });
  return { ...input, parts: [name], isBounded: false };
};
