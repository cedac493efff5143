// A small network as a list of operations for shaders/network_step.wgsl: where in the workgroup's memory each reads and
// writes, and where its weights are. Plain data.

import { NUM_FEW } from "../../kernels/activationSource.js";
import { OPERATION_KINDS } from "../../kernels/networkStep.js";
import { functionIndex } from "../../kernels/stepSpec.js";
import { LINEAR } from "../../layers/activation.js";
import { layerOutputSize } from "../../layers/index.js";
import { hasReverse, layerNamed, type Network, sequencesOf } from "../../model/network.js";
import { layerPlan } from "../layers.js";
import type { NetworkProgram, StateBuffer, WeightBuffer } from "../networkLayout.js";
import { type Operation, Programmer } from "./programmer.js";

/** 11 whole numbers, three activations of three, and the clip. */
const OPERATION_ELEMENTS = 21;

/**
 * The program of a network whose layers all have operations, run forward and give every step, that has one output and keeps
 * all weights alike; null for any other.
 */
export function networkProgram(
  network: Network,
  weights: ReadonlyMap<string, WeightBuffer>,
  states: { readonly size: number; readonly parts: ReadonlyMap<string, StateBuffer> },
): NetworkProgram | null {
  if (!hasProgram(network)) return null;
  const { layers, inputType, inputSize, outputs } = network;
  const programmer = new Programmer(network, weights, states.parts);
  for (const layer of layers) layerPlan(layer).program!(layer, programmer);
  if (programmer.operations.some((operation) => !hasFewActivations(operation))) return null;
  const gates = programmer.startOfGates();
  const { operations, numValues } = programmer;
  const last = layerNamed(network, outputs[0]!);
  return {
    shape: {
      storage: last.storage,
      numOperations: operations.length,
      numValues,
      gates,
      inputSize: inputType === "indices" ? 0 : inputSize,
      output: programmer.startOf(last.name),
      outputSize: layerOutputSize(last),
      stateSize: states.size,
      flopPerRow: operations.reduce((sum, { flop = 0 }) => sum + flop, 0),
    },
    operations: encode(operations),
    indices: new Map(operations.flatMap(({ name }, i) => (name === undefined ? [] : [[name, i]]))),
  };
}

/** Whether the kernel has an operation's activations. */
function hasFewActivations({ activation, newActivation, outputActivation }: Operation): boolean {
  return [activation, newActivation, outputActivation].every((each = LINEAR) => functionIndex(each) < NUM_FEW);
}

function hasProgram(network: Network): boolean {
  const { layers, outputs } = network;
  const sequences = sequencesOf(layers);
  return (
    !hasReverse(network) &&
    outputs.length === 1 &&
    layers.every((layer) => layer.storage === layers[0]!.storage && sequences.has(layer.name)) &&
    layers.every((layer) => layerPlan(layer).program !== undefined)
  );
}

function encode(operations: readonly Operation[]): Uint32Array<ArrayBuffer> {
  const encoded = new Uint32Array(operations.length * OPERATION_ELEMENTS);
  const floats = new Float32Array(encoded.buffer);
  operations.forEach((operation, i) => {
    const { kind, source = 0, vec4s = 0, result, size, weight = 0, bias = 0, biasRows = 0 } = operation;
    const { recurrentWeight = 0, recurrentBias = 0, state = 0 } = operation;
    const { activation = LINEAR, newActivation = LINEAR, outputActivation = LINEAR, clip = 0 } = operation;
    const start = i * OPERATION_ELEMENTS;
    const whole = [OPERATION_KINDS.indexOf(kind), source, vec4s, result, size, weight, bias, biasRows];
    encoded.set([...whole, recurrentWeight, recurrentBias, state], start);
    [activation, newActivation, outputActivation].forEach((each, k) => {
      encoded[start + 11 + 3 * k] = functionIndex(each);
      floats.set([each.alpha, each.beta], start + 12 + 3 * k);
    });
    floats[start + 20] = clip;
  });
  return encoded;
}
