import type { Layer } from "../layers/index.js";
import { fingerprint } from "../model/fingerprint.js";
import type { Network } from "../model/network.js";
import { nameOfSteps } from "../model/withLast.js";

// Saved states of version 2, which knew GRU layers alone: the one file of stream/ that names layer types.

/** The owner of a state, in the header's form of version 2. */
export function formerOwnerOf(network: Network, batchSize: number) {
  const hiddenSizes = network.layers.flatMap((layer) => (layer.type === "gru" ? [layer.hiddenSize] : []));
  return { hiddenSizes, batchSize, model: fingerprint(formerLayers(network.layers)) };
}

/** Fields that layers had at that time, beside `returnSequences`. */
const FIELDS =
  "type name inputs storage numEmbeddings embeddingSize inputSize hiddenSize outputSize direction resetAfter " +
  "gateActivation newActivation activation clip weight recurrentWeight bias recurrentBias weightScale recurrentWeightScale";
const KNOWN = new Set(FIELDS.split(" "));

/** Layers in the form of that time: a GRU layer had a field `returnSequences`, and there was no `last` layer. */
function formerLayers(layers: readonly Layer[]): object[] {
  const lasts = new Map(layers.flatMap((layer) => (layer.type === "last" ? [[layer.inputs[0]!, layer.name]] : [])));
  return layers.flatMap((layer): object[] => {
    if (layer.type === "last") return [];
    const known = Object.fromEntries(Object.entries(layer).filter(([field]) => KNOWN.has(field)));
    if (layer.type !== "gru") return [known];
    const name = lasts.get(layer.name) ?? layer.name;
    const isSteps = layer.name === nameOfSteps(name);
    return [{ ...known, name, returnSequences: !isSteps }];
  });
}
