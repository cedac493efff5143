import { GruError } from "../../errors.js";
import { defineNetwork } from "../../model/defineNetwork.js";
import type { Network } from "../../model/network.js";
import type { KerasModel } from "./kerasModel.js";
import { NetworkBuilder } from "./networkBuilder.js";
import type { Topology } from "./topology.js";

/**
 * Converts a Keras model to a network.
 *
 * If its outputs come in reverse, after go_backwards, the network reverses its input instead.
 *
 * @throws GruError `unsupported`, `bad-file`, `shape-mismatch`
 */
export function toNetwork(model: KerasModel): Network {
  const inputSize = findInputSize(model);
  const straight = build(model, inputSize, false);
  if (!straight.isReversed) return straight.network();
  const reversed = build(model, inputSize, true);
  if (!reversed.isReversed) return reversed.network();
  const expected = "all outputs in the order of the input, or all in reverse";
  throw new GruError("unsupported", `keras: expected ${expected}, got both; leave out some go_backwards`);
}

function build(model: KerasModel, inputSize: number, reversesInput: boolean) {
  const { layers, outputs } = model.topology;
  const builder = new NetworkBuilder(model, inputSize, reversesInput);
  for (const layer of layers) builder.add(layer);
  const origin = model.version === null ? "a Keras model" : `a model of Keras ${model.version}`;
  return {
    isReversed: outputs.some((name) => builder.value(name).isReversed),
    network: () => {
      const names = outputs.map((name) => builder.single(name));
      const notes = [`Read from ${origin}.`, ...builder.notes];
      return defineNetwork({ layers: builder.layers, outputs: names, reversesInput, notes });
    },
  };
}

/** Features of a step, from the input's shape or else from the first weights; 1 for indices. */
function findInputSize(model: KerasModel): number {
  const { layers } = model.topology;
  const inputs = layers.filter(({ className }) => className === "InputLayer");
  if (inputs.length !== 1) {
    throw new GruError(
      "unsupported",
      `keras: expected one input, got ${inputs.map(({ name }) => name).join(", ") || "none"}`,
    );
  }
  if (layers.some(({ className }) => className === "Embedding")) return 1;
  const size = inputs[0]!.inputShape?.at(-1);
  if (typeof size === "number") return size;
  const weighted = firstWeights(model.topology, model);
  if (weighted !== undefined) return weighted;
  throw new GruError(
    "bad-file",
    `layer "${inputs[0]!.name}": expected a shape that says the number of features, got none`,
  );
}

const WITH_KERNEL: readonly string[] = ["GRU", "RNN", "Bidirectional", "Dense", "TimeDistributed"];

/** The number of rows of the first kernel, which are the features of the input. */
function firstWeights({ layers }: Topology, model: KerasModel): number | undefined {
  const first = layers.find(({ className }) => WITH_KERNEL.includes(className));
  return first === undefined ? undefined : model.weightsOf(first)[0]?.tensor.shape[0];
}
