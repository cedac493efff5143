import { GruError } from "../../errors.js";
import { defineNetwork } from "../../model/defineNetwork.js";
import type { Network } from "../../model/network.js";
import type { KerasModel } from "./kerasModel.js";
import { withNames } from "./layerNames.js";
import { type ModelInput, modelInput } from "./modelInput.js";
import { NetworkBuilder } from "./networkBuilder.js";

/**
 * Converts a Keras model to a network.
 *
 * If its outputs come in reverse, after go_backwards, the network reverses its input instead.
 *
 * @throws GruError `unsupported`, `bad-file`, `shape-mismatch`
 */
export function toNetwork(model: KerasModel): Network {
  const input = modelInput(model);
  const straight = build(model, input, false);
  if (!straight.isReversed) return straight.network();
  const reversed = build(model, input, true);
  if (!reversed.isReversed) return reversed.network();
  const expected = "all outputs in the order of the input, or all in reverse";
  throw new GruError("unsupported", `keras: expected ${expected}, got both; leave out some go_backwards`);
}

function build(model: KerasModel, input: ModelInput, reversesInput: boolean) {
  const { layers, outputs } = model.topology;
  const builder = new NetworkBuilder(model, { ...input, isReversed: reversesInput });
  for (const layer of layers) builder.add(layer);
  const origin = model.version === null ? "a Keras model" : `a model of Keras ${model.version}`;
  return {
    isReversed: outputs.some((name) => builder.value(name).isReversed),
    network: () => {
      const given = outputs.map((name) => builder.single(name));
      const notes = [`Read from ${origin}.`, ...builder.notes];
      const { outputNames } = model.topology;
      const named = withNames(builder.layers, new Map(given.map((name, i) => [name, outputNames[i]!])));
      return defineNetwork({ layers: named, outputs: outputNames, reversesInput, notes });
    },
  };
}
