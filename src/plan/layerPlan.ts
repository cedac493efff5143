// What a layer type does on a GPU: how its weights lie there, and which buffers and dispatches it takes.

import type { Layer } from "../layers/index.js";
import type { Network } from "../model/network.js";
import type { Planner, Value } from "./planner.js";
import type { PackedWeight } from "./packedWeight.js";

/** One layer type's plans. */
export interface LayerPlan<L = Layer> {
  /** The layer's weight buffers. */
  weights(layer: L): PackedWeight[];
  /** Adds what the layer takes. @returns where its output is */
  plan(layer: L, inputs: readonly Value[], planner: Planner): Value;
  /**
   * Adds what several layers take together, from the one at `index` on, where the device does better by it.
   *
   * @returns how many, with the last one's output; null where each goes by itself, and when absent
   */
  planTogether?(
    network: Network,
    index: number,
    inputs: readonly Value[],
    planner: Planner,
  ): { readonly numLayers: number; readonly output: Value } | null;
}
