import { GruError } from "../../errors.js";
import { defineNetwork } from "../../model/defineNetwork.js";
import type { Network } from "../../model/network.js";
import type { KerasModel } from "./kerasModel.js";
import { NetworkBuilder } from "./networkBuilder.js";
import type { Topology } from "./topology.js";

/**
 * The network that a Keras model is.
 *
 * Where its outputs come last step first, as go_backwards gives them, the network takes its input last step first
 * instead: then they do by themselves.
 *
 * @throws GruError `unsupported`, `bad-file`, `shape-mismatch`
 */
export function toNetwork(model: KerasModel): Network {
  const inputSize = findInputSize(model);
  const straight = build(model, inputSize, false);
  if (!straight.isReversed) return straight.network();
  const reversed = build(model, inputSize, true);
  if (!reversed.isReversed) return reversed.network();
  const expected = "all outputs in the order of the input, or all last step first";
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

/** Features of a step, by the input's shape or else by the first weights; 1 for indices. */
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

/** A kernel has a row for each feature that it reads; the first layer of a list reads the input's. */
function firstWeights({ layers }: Topology, model: KerasModel): number | undefined {
  const first = layers.find(({ className }) => WITH_KERNEL.includes(className));
  return first === undefined ? undefined : model.weightsOf(first)[0]?.tensor.shape[0];
}
