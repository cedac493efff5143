// The inputs of a model among the numbers of a network's one input: beside each other, in the order of the model.

import { type InputPart } from "../../model/inputParts.js";
import { NETWORK_INPUT } from "../../model/network.js";
import type { LayerList } from "./layerList.js";
import type { ModelInput } from "./modelInput.js";
import type { KerasTensor } from "./tensor.js";

/** The tensor of each input, by its name; of several, layers are added that take the part of each. */
export function inputTensors(
  inputs: readonly ModelInput[],
  isReversed: boolean,
  list: LayerList,
): ReadonlyMap<string, KerasTensor> {
  const inputSize = inputs.reduce((sum, { size }) => sum + size, 0);
  let start = 0;
  const tensors = inputs.map((input): [string, KerasTensor] => {
    const { name, size, shape, order, isSequence, numSteps, timePadding } = input;
    const own = { size, shape, order, isSequence, numSteps, timePadding };
    const tensor = { ...own, isReversed, mask: null, isBounded: false };
    if (inputs.length === 1) return [name, { ...tensor, parts: [NETWORK_INPUT] }];
    const part = `${name}.part`;
    const indices = Float32Array.from({ length: size }, (_, i) => start + i);
    list.push({ type: "rearrange", name: part, inputs: [NETWORK_INPUT], inputSize, outputSize: size, indices });
    start += size;
    if (isSequence || !hasSequence(inputs)) return [name, { ...tensor, parts: [part] }];
    // It is the same in all steps: the last one stands for the row.
    const end = `${name}.once`;
    list.push({ type: "last", name: end, inputs: [part], inputSize: size });
    return [name, { ...tensor, isReversed: false, parts: [end] }];
  });
  return new Map(tensors);
}

function hasSequence(inputs: readonly ModelInput[]): boolean {
  return inputs.some(({ isSequence }) => isSequence);
}

/** What a network says of its parts; nothing of one input. */
export function inputParts(inputs: readonly ModelInput[]): {
  readonly fields: { readonly inputs?: readonly InputPart[] };
  readonly notes: readonly string[];
} {
  if (inputs.length === 1) return { fields: {}, notes: [] };
  const parts = inputs.map(({ name, size, numIndices, isSequence }) => {
    return { name, size, numIndices, isStatic: !isSequence && hasSequence(inputs) };
  });
  const described = parts.map(({ name, size, numIndices, isStatic }) => {
    const what = numIndices === null ? `${size} ${size === 1 ? "number" : "numbers"}` : "an index";
    return `"${name}", ${what}${isStatic ? ", the same in all steps" : ""}`;
  });
  const note = `The input is ${described.join("; ")}: by these names, or beside each other in this order.`;
  return { fields: { inputs: parts }, notes: [note] };
}
