import { attentionKernel } from "../kernels/attention.js";
import type { AttentionLayer } from "../layers/attention.js";
import type { LayerPlan } from "./layerPlan.js";

export const attentionPlan: LayerPlan<AttentionLayer> = {
  weights: () => ({}),

  plan(layer, inputs, planner) {
    const source = planner.gather(layer.name, inputs);
    const kernel = attentionKernel(layer, planner.layout.stateSize);
    return { value: planner.summarise(layer, kernel, source, layer.valueSize) };
  },
};
