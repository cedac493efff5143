import { paddedSize } from "../kernels/kernelSpec.js";
import { reduceKernel } from "../kernels/reduce.js";
import { linesOf, reduce as type, type ReduceLayer } from "../layers/reduce.js";
import type { LayerPlan } from "./layerPlan.js";

export const reducePlan: LayerPlan<ReduceLayer> = {
  weights(layer) {
    const { starts, offsets } = linesOf(layer);
    const places = Int32Array.of(...starts, ...offsets);
    return { places: { sizeBytes: places.byteLength, pack: () => places.buffer } };
  },

  plan(layer, inputs, planner) {
    const { name } = layer;
    const size = type.outputSize(layer);
    const input = planner.gather(name, inputs);
    const buffer = planner.likeInputs(`${name}.output`, inputs, paddedSize(size));
    planner.rows(inputs, reduceKernel(layer), [input, planner.layout.weight(layer, "places"), buffer]);
    return { value: { buffer, size, isSequence: inputs[0]!.isSequence } };
  },
};
