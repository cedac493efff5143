import { carryReadKernel, carryWriteKernel } from "../kernels/carry.js";
import { paddedSize } from "../kernels/kernelSpec.js";
import type { CarryLayer } from "../layers/carry.js";
import type { LayerPlan } from "./layerPlan.js";

export const carryPlan: LayerPlan<CarryLayer> = {
  weights: () => ({}),

  plan(layer, _, planner) {
    const { layout, stepBuffers } = planner;
    const { name, size } = layer;
    const buffer = planner.sequence(`${name}.output`, paddedSize(size));
    const kernel = carryReadKernel(size, layout.stateSize);
    planner.steps([{ kernel, buffers: [...stepBuffers, layout.state(layer), buffer] }]);
    return { value: { buffer, size, isSequence: true } };
  },

  keep(layer, next, planner) {
    const { layout, stepBuffers } = planner;
    const kernel = carryWriteKernel(layer.size, layout.stateSize);
    planner.steps([{ kernel, buffers: [...stepBuffers, next.buffer, layout.state(layer)] }]);
  },
};
