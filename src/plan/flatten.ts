import { flattenKernel } from "../kernels/flatten.js";
import { paddedSize } from "../kernels/kernelSpec.js";
import { flatten, type FlattenLayer } from "../layers/flatten.js";
import type { LayerPlan } from "./layerPlan.js";

export const flattenPlan: LayerPlan<FlattenLayer> = {
  weights: () => ({}),

  plan(layer, inputs, planner) {
    const size = flatten.outputSize(layer);
    const source = planner.gather(layer.name, inputs);
    const buffer = planner.buffer(`${layer.name}.output`, planner.request.maxRows * paddedSize(size));
    planner.stages.push({ type: "chunk", dispatch: { kernel: flattenKernel(layer), buffers: [source, buffer] } });
    return { value: { buffer, size, isSequence: false } };
  },
};
