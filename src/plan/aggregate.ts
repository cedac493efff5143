import { aggregateKernel } from "../kernels/aggregate.js";
import type { AggregateLayer } from "../layers/aggregate.js";
import type { LayerPlan } from "./layerPlan.js";

export const aggregatePlan: LayerPlan<AggregateLayer> = {
  weights: () => ({}),

  plan(layer, inputs, planner) {
    const source = planner.gather(layer.name, inputs);
    const kernel = aggregateKernel(layer, planner.layout.stateSize);
    return { value: planner.summarise(layer, kernel, source, layer.inputSize) };
  },
};
