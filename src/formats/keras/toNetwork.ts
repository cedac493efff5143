import { GruError } from "../../errors.js";
import { defineNetwork } from "../../model/defineNetwork.js";
import type { Network } from "../../model/network.js";
import type { KerasModel } from "./kerasModel.js";
import { withNames } from "./layerNames.js";
import { inputParts } from "./inputTensors.js";
import { type ModelInput, modelInputs } from "./modelInput.js";
import { type ModelPart, partOf } from "./modelPart.js";
import { NetworkBuilder } from "./networkBuilder.js";
import { stateNotes } from "./stateNotes.js";

/**
 * Converts a Keras model to a network.
 *
 * If its outputs come in reverse, after go_backwards, the network reverses its input instead.
 *
 * @throws GruError `unsupported`, `bad-file`, `shape-mismatch`
 */
export function toNetwork(whole: KerasModel, part?: ModelPart): Network {
  const model = { ...whole, topology: partOf(whole.topology, part) };
  const inputs = modelInputs(model);
  const straight = build(model, whole, inputs, false);
  if (!straight.isReversed) return straight.network();
  const reversed = build(model, whole, inputs, true);
  if (!reversed.isReversed) return reversed.network();
  const expected = "all outputs in the order of the input, or all in reverse";
  throw new GruError("unsupported", `keras: expected ${expected}, got both; leave out some go_backwards`);
}

function build(model: KerasModel, whole: KerasModel, inputs: readonly ModelInput[], reversesInput: boolean) {
  const { topology } = model;
  const builder = new NetworkBuilder(model, inputs, reversesInput);
  for (const layer of topology.layers) builder.add(layer);
  const origin = model.version === null ? "a Keras model" : `a model of Keras ${model.version}`;
  const outputs = mainOutputs(builder, topology.outputs);
  return {
    isReversed: outputs.some((i) => builder.value(topology.outputs[i]!).isReversed),
    network: () => {
      const given = outputs.map((i) => builder.single(topology.outputs[i]!));
      const outputNames = outputs.map((i) => topology.outputNames[i]!);
      const named = withNames(builder.layers, new Map(given.map((name, i) => [name, outputNames[i]!])));
      const states = stateNotes(whole.topology, topology, builder, named);
      const parts = inputParts(inputs);
      const notes = [`Read from ${origin}.`, ...parts.notes, ...builder.notes, ...states];
      return defineNetwork({ layers: named, outputs: outputNames, ...parts.fields, reversesInput, notes });
    },
  };
}

/** Indices of the outputs that are no states: those are in finalStates. Where all are, the first h is an output, too. */
function mainOutputs(builder: NetworkBuilder, outputs: readonly string[]): number[] {
  const all = [...outputs.keys()];
  const others = all.filter((i) => builder.stateOf(outputs[i]!) === undefined);
  const first = all.find((i) => builder.stateOf(outputs[i]!)?.block === "h") ?? 0;
  return others.length > 0 ? others : [first];
}
