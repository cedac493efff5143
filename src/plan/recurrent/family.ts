import type { RecurrentLayer } from "../../kernels/recurrentUnit.js";
import type { PlannedLayers } from "../layerPlan.js";
import type { Planner, Value } from "../planner.js";

/** One way to advance a recurrent layer. */
export interface RecurrentFamily<Shape> {
  /** Whether the layer, and the device's limits, allow it. The table says when it is worth while. */
  fits(layer: RecurrentLayer, shape: Shape, planner: Planner): boolean;
  /** Whether the chunk's size allows it; always when absent. */
  fitsSize?(layer: RecurrentLayer, shape: Shape, planner: Planner): boolean;
  /** Adds its buffers and dispatches, from the layer's inputs to its output. */
  plan(layer: RecurrentLayer, shape: Shape, inputs: readonly Value[], planner: Planner): PlannedLayers;
}
