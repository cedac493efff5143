import { paddedSize } from "../kernels/kernelSpec.js";
import { poolKernel } from "../kernels/pool.js";
import { pool, type PoolLayer } from "../layers/pool.js";
import type { LayerPlan } from "./layerPlan.js";

export const poolPlan: LayerPlan<PoolLayer> = {
  weights: () => ({}),

  plan(layer, inputs, planner) {
    const { name } = layer;
    const size = pool.outputSize(layer);
    const input = planner.gather(name, inputs);
    const buffer = planner.likeInputs(`${name}.output`, inputs, paddedSize(size));
    planner.rows(inputs, poolKernel(layer), [input, buffer]);
    return { value: { buffer, size, isSequence: inputs[0]!.isSequence } };
  },
};
