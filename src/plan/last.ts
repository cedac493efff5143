import { endColumns, type LastLayer } from "../layers/last.js";
import type { LayerPlan } from "./layerPlan.js";

export const lastPlan: LayerPlan<LastLayer> = {
  weights: () => ({}),

  plan(layer, inputs, planner) {
    const source = planner.gather(layer.name, inputs);
    return { value: planner.takeStep(`${layer.name}.output`, source, layer.inputSize, endColumns(layer)) };
  },
};
