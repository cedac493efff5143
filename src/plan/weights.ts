import type { Network } from "../model/network.js";
import { layerPlan } from "./layers.js";
import type { PackedWeight } from "./packedWeight.js";

/** Every weight buffer of a network. */
export function packedWeights(network: Network): PackedWeight[] {
  return network.layers.flatMap((layer) => layerPlan(layer).weights(layer));
}

/** A weight begins at a multiple of this, so that it can be bound by itself. */
export const WEIGHT_ALIGNMENT = 256;

/** First byte of each weight buffer's content when all are laid one after the other, by label. */
export function weightOffsets(network: Network): Map<string, number> {
  const offsets = new Map<string, number>();
  let end = 0;
  for (const { label, sizeBytes } of packedWeights(network)) {
    const start = Math.ceil(end / WEIGHT_ALIGNMENT) * WEIGHT_ALIGNMENT;
    offsets.set(label, start);
    end = start + sizeBytes;
  }
  return offsets;
}
