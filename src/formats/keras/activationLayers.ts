import { completeActivation } from "../../layers/activation.js";
import { denseActivation, isBounded } from "./kerasActivation.js";
import type { LayerReader } from "./layerCall.js";
import { sumOf } from "./merge.js";

/** An activation becomes a part of the dense layer before it, if nothing else reads that one; otherwise a layer of its own. */
export const readActivation: LayerReader = (call) => {
  const { name, config, input, builder } = call;
  const activation = completeActivation(denseActivation(config, "activation", "linear", call.dialect.isKeras3));
  if (activation.name === "linear") return input;
  const { layers } = builder.list;
  const at = layers.findIndex((layer) => layer.name === call.layer.inputs[0]);
  const before = layers[at];
  const isLinear = before?.type === "dense" && completeActivation(before.activation ?? "linear").name === "linear";
  if (isLinear && input.parts.join() === before.name && builder.numReaders(before.name) === 1) {
    layers[at] = { ...before, name, activation };
  } else call.push({ ...sumOf(name, input.parts, input.size), activation });
  return { ...input, parts: [name], isBounded: isBounded(activation) };
};
