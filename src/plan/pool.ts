import { poolKernel } from "../kernels/pool.js";
import type { PoolLayer } from "../layers/pool.js";
import type { LayerPlan } from "./layerPlan.js";
import { planWindowOutput } from "./windowOutput.js";

export const poolPlan: LayerPlan<PoolLayer> = {
  weights: () => ({}),

  plan(layer, inputs, planner) {
    const kernel = poolKernel(layer, planner.layout.stateSize);
    return planWindowOutput(layer, inputs, planner, kernel, (input, output) => [input, output]);
  },
};
