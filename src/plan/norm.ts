import { paddedSize } from "../kernels/kernelSpec.js";
import { normKernel } from "../kernels/norm.js";
import type { NormLayer } from "../layers/norm.js";
import type { LayerPlan } from "./layerPlan.js";
import { packBias } from "./packedWeight.js";

export const normPlan: LayerPlan<NormLayer> = {
  weights: ({ weight, bias, inputSize }) => ({ affine: packBias(bias, weight, inputSize) }),

  plan(layer, inputs, planner) {
    const { name, inputSize: size } = layer;
    const input = planner.gather(name, inputs);
    const buffer = planner.likeInputs(`${name}.output`, inputs, paddedSize(size));
    planner.rows(inputs, normKernel(layer), [input, planner.layout.weight(layer, "affine"), buffer]);
    return { value: { buffer, size, isSequence: inputs[0]!.isSequence } };
  },
};
