import { paddedSize } from "../kernels/kernelSpec.js";
import { stateBlocks } from "../layers/index.js";
import type { Network } from "../model/network.js";

/** Where each layer's state is: one buffer, [slots, 2, S], holds the states of all layers side by side. */
export interface StateLayout {
  /** S, float32 elements of one state of all layers, padding included. */
  readonly size: number;
  /** First element of each layer's blocks in it, [D, size] one after the other, rows padded; by the layer's name. */
  readonly starts: ReadonlyMap<string, number>;
  /** First element of each row of each block, in the order of a state: block by block, direction by direction. */
  readonly rows: readonly { readonly start: number; readonly size: number }[];
}

/** A layer's kernels are bound to its part alone, and a binding begins at a multiple of 256 bytes. */
const START_ALIGNMENT = 256 / Float32Array.BYTES_PER_ELEMENT;

/** Lays out the states of a network's layers, in their order. */
export function stateLayout(network: Network): StateLayout {
  const starts = new Map<string, number>();
  const rows: { start: number; size: number }[] = [];
  let end = 0;
  for (const layer of network.layers) {
    const blocks = stateBlocks(layer);
    if (blocks.length === 0) continue;
    end = Math.ceil(end / START_ALIGNMENT) * START_ALIGNMENT;
    starts.set(layer.name, end);
    for (const { numDirections, size } of blocks) {
      for (let d = 0; d < numDirections; d++) {
        rows.push({ start: end, size });
        end += paddedSize(size);
      }
    }
  }
  return { size: Math.ceil(end / START_ALIGNMENT) * START_ALIGNMENT, starts, rows };
}
