// Graphs in which a recurrent layer begins with the states of another: an encoder and a decoder, which go over sequences of their
// own. Each is a network by itself; the encoder's final states are the decoder's initial ones.

import { GruError } from "../../errors.js";
import type { KerasLayer, Topology } from "./kerasLayer.js";
import { uniqueNames } from "./layerNames.js";
import { describeOutput, ownerOf, stateAt } from "./layerStates.js";

/** A part of a graph for training, which has both. */
export type ModelPart = "encoder" | "decoder";

/** Layers that join states, one after the other. */
const JOIN = "Concatenate";

/**
 * The calls of a part, or of the whole graph where no layer begins with another's states. Inputs that are states are left out:
 * the caller of the network gives those.
 *
 * @throws GruError `unsupported` for a graph of two parts without a part's name, for a part of another graph, and for a decoder
 *   that reads the encoder's steps
 */
export function partOf(topology: Topology, part: ModelPart | undefined): Topology {
  const { layers } = topology;
  const sources = [...new Set(layers.flatMap(({ states }) => states))];
  const linked = sources.filter((source) => ownerOf(layers, source).className !== "InputLayer");
  if (linked.length === 0) {
    if (part === undefined) return withoutStateInputs(topology, sources);
    const expected = "expected none, since no layer of the model begins with the states of another";
    throw new GruError("unsupported", `part: ${expected}, got "${part}"`);
  }
  const begun = layers.find(({ states }) => states.includes(linked[0]!))!;
  if (part === undefined) {
    const expected = `expected a model of one sequence, got layer "${begun.name}", which begins with ${describeOutput(layers, linked[0]!)}`;
    const wayOut = 'load the file twice, with the option part "encoder" and part "decoder"';
    throw new GruError("unsupported", `keras: ${expected}; ${wayOut}`);
  }
  const decoder = callsBehind(layers, topology.outputs);
  const shared = linked.map((source) => ownerOf(layers, source)).find((owner) => decoder.has(owner));
  if (shared !== undefined) {
    const expected = "expected the decoder to read nothing of the encoder but its states";
    throw new GruError("unsupported", `part: ${expected}, got layers after "${shared.name}" in both`);
  }
  if (part === "decoder") return withCalls(topology, decoder);
  const outputs = [...new Set(linked.flatMap((source) => unjoined(layers, source)))];
  const encoder = callsBehind(layers, outputs);
  const outputNames = uniqueNames(outputs.map((output) => ownerOf(layers, output).name.replaceAll("/", "_")));
  return { ...withCalls(topology, encoder), outputs, outputNames };
}

function withCalls(topology: Topology, calls: ReadonlySet<KerasLayer>): Topology {
  const layers = topology.layers.filter((layer) => calls.has(layer));
  return { ...topology, layers, inputs: topology.inputs.filter((name) => layers.some((layer) => layer.name === name)) };
}

/** The calls that some outputs depend on, but for the states that recurrent layers begin with. */
function callsBehind(layers: readonly KerasLayer[], outputs: readonly string[]): ReadonlySet<KerasLayer> {
  const found = new Set<KerasLayer>();
  const waiting = outputs.map((output) => ownerOf(layers, output));
  for (let call = waiting.pop(); call !== undefined; call = waiting.pop()) {
    if (found.has(call)) continue;
    found.add(call);
    const read = call.mask === null ? call.inputs : [...call.inputs, call.mask];
    waiting.push(...read.map((name) => ownerOf(layers, name)));
  }
  return found;
}

/** The states that a joining layer joins; another output as it is. */
export function unjoined(layers: readonly KerasLayer[], source: string): readonly string[] {
  const { className, inputs } = ownerOf(layers, source);
  const areStates = inputs.every((name) => stateAt(ownerOf(layers, name), name) !== undefined);
  return className === JOIN && areStates ? inputs : [source];
}

/** @param sources what recurrent layers begin with: inputs of the model */
function withoutStateInputs(topology: Topology, sources: readonly string[]): Topology {
  if (sources.length === 0) return topology;
  const { layers, outputs } = topology;
  const read = new Set([...layers.flatMap(({ inputs, mask }) => [...inputs, mask]), ...outputs]);
  const both = sources.find((source) => read.has(source));
  if (both !== undefined) {
    throw new GruError("unsupported", `input "${both}": expected to be read as a state alone, got another layer too`);
  }
  return withCalls(topology, new Set(layers.filter(({ name }) => !sources.includes(name))));
}
