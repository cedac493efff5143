import type { GruLayer } from "../../src/layers/gru.js";
import type { Network } from "../../src/model/network.js";

/** The network's GRU layers, in order. */
export function gruLayers({ layers }: Network): GruLayer[] {
  return layers.filter((layer) => layer.type === "gru");
}
