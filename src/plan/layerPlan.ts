// A layer type on a GPU: how its weights lie there, and which buffers and dispatches it takes.

import type { Layer } from "../layers/index.js";
import type { Programmer } from "./network/programmer.js";
import type { PackedWeight } from "./packedWeight.js";
import type { Planner, Value } from "./planner.js";

/** One layer type's plans. */
export interface LayerPlan<L = Layer> {
  /** The layer's weight buffers, by name. */
  weights(layer: L): Readonly<Record<string, PackedWeight>>;
  /**
   * Adds the layer's buffers and dispatches.
   *
   * @returns where its output is; of several layers that run together the last one's
   */
  plan(layer: L, inputs: readonly Value[], planner: Planner): PlannedLayers;
  /**
   * Adds the dispatches that take the next state of a layer that does not make its own, after all layers have made a step.
   *
   * @param next the output that is the next state
   */
  keep?(layer: L, next: Value, planner: Planner): void;
  /** Adds the layer's operations to the program of a small network; a network with a layer that has none has no program. */
  program?(layer: L, programmer: Programmer): void;
}

/** Layers that were planned together. */
export interface PlannedLayers {
  readonly value: Value;
  /** From the first one on; 1 when absent. */
  readonly numLayers?: number;
}
