import { paddedSize } from "../kernels/kernelSpec.js";
import { gruLayers, type Network, numDirections } from "../model/network.js";

/** Where each GRU layer's state is: one buffer, [slots, 2, S], holds the states of all layers side by side. */
export interface StateLayout {
  /** S, float32 elements of one state of all layers, padding included. */
  readonly size: number;
  /** First element of each layer's [D, H] in it, rows padded, by the layer's name. */
  readonly starts: ReadonlyMap<string, number>;
}

/** A layer's kernels are bound to its part alone, and a binding begins at a multiple of 256 bytes. */
const START_ALIGNMENT = 256 / Float32Array.BYTES_PER_ELEMENT;

/** Lays out the states of a network's GRU layers, in their order. */
export function stateLayout(network: Network): StateLayout {
  const starts = new Map<string, number>();
  let size = 0;
  for (const layer of gruLayers(network)) {
    starts.set(layer.name, size);
    const end = size + numDirections(layer) * paddedSize(layer.hiddenSize);
    size = Math.ceil(end / START_ALIGNMENT) * START_ALIGNMENT;
  }
  return { size, starts };
}
