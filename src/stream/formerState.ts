import type { Layer } from "../layers/index.js";
import { fingerprint } from "../model/fingerprint.js";
import { gruLayers, type Network } from "../model/network.js";
import { nameOfSteps } from "../model/withLast.js";

/** Whose state it is, as version 2 of saved states said it. */
export function formerOwnerOf(network: Network, batchSize: number) {
  const hiddenSizes = gruLayers(network).map(({ hiddenSize }) => hiddenSize);
  return { hiddenSizes, batchSize, model: fingerprint(formerLayers(network.layers)) };
}

/** Layers as they were then: a GRU layer had `returnSequences`, and no `last` layer followed one that was false. */
function formerLayers(layers: readonly Layer[]): object[] {
  const lasts = new Map(layers.flatMap((layer) => (layer.type === "last" ? [[layer.inputs[0]!, layer.name]] : [])));
  return layers.flatMap((layer): object[] => {
    if (layer.type === "last") return [];
    if (layer.type !== "gru") return [layer];
    const name = lasts.get(layer.name) ?? layer.name;
    const isSteps = layer.name === nameOfSteps(name);
    return [{ ...layer, name, returnSequences: !isSteps }];
  });
}
