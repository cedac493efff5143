import type { GruLayer } from "../../layers/gru.js";
import type { PlannedLayers } from "../layerPlan.js";
import type { Planner, Value } from "../planner.js";

/** One way to advance a GRU layer. */
export interface GruFamily<Shape> {
  /** Whether the layer, and the device's limits, allow it. The table says when it is worth while. */
  fits(layer: GruLayer, shape: Shape, planner: Planner): boolean;
  /** Whether the chunk's size allows it; always when absent. */
  fitsSize?(layer: GruLayer, shape: Shape, planner: Planner): boolean;
  /** Adds its buffers and dispatches, from the layer's inputs to its output. */
  plan(layer: GruLayer, shape: Shape, inputs: readonly Value[], planner: Planner): PlannedLayers;
}
