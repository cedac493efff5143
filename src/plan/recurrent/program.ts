import { paddedSize } from "../../kernels/kernelSpec.js";
import { numGates, type RecurrentLayer } from "../../kernels/recurrentUnit.js";
import { functionsOf, NO_CLIP } from "../../kernels/stepSpec.js";
import { stateBlocks } from "../../layers/index.js";
import type { Operation, Programmer } from "../network/programmer.js";

/** Adds a recurrent layer's operation to a network's program. */
export function addRecurrent(kind: Operation["kind"], layer: RecurrentLayer, programmer: Programmer): void {
  const { name, inputs, inputSize, hiddenSize: size, clip } = layer;
  const gateRows = numGates(layer) * size;
  const source = programmer.gather(inputs);
  const result = programmer.give(name, size);
  // The blocks of its state after h follow it.
  for (const block of stateBlocks(layer).slice(1)) programmer.take(block.size);
  programmer.takeGates(gateRows);
  const functions = functionsOf(layer);
  programmer.add({
    kind,
    name,
    source,
    vec4s: paddedSize(inputSize) / 4,
    result,
    size,
    weight: programmer.weight(layer, "weight"),
    bias: programmer.bias(layer, "bias"),
    biasRows: paddedSize(gateRows),
    recurrentWeight: programmer.weight(layer, "recurrentWeight"),
    recurrentBias: programmer.bias(layer, "recurrentBias"),
    state: programmer.state(layer),
    activation: functions.gate,
    newActivation: functions.new,
    outputActivation: functions.output,
    clip: clip ?? NO_CLIP,
    flop: 2 * gateRows * (inputSize + size),
  });
}
