import { paddedSize } from "../kernels/kernelSpec.js";
import { rearrangeKernel } from "../kernels/rearrange.js";
import type { RearrangeLayer } from "../layers/rearrange.js";
import type { LayerPlan } from "./layerPlan.js";

export const rearrangePlan: LayerPlan<RearrangeLayer> = {
  weights: ({ indices }) => ({
    indices: {
      sizeBytes: indices.length * Int32Array.BYTES_PER_ELEMENT,
      pack: () => Int32Array.from(indices).buffer,
    },
  }),

  plan(layer, inputs, planner) {
    const { name, inputSize, outputSize: size, fill } = layer;
    const input = planner.gather(name, inputs);
    const buffer = planner.likeInputs(`${name}.output`, inputs, paddedSize(size));
    const kernel = rearrangeKernel(inputSize, size, fill);
    planner.rows(inputs, kernel, [input, planner.layout.weight(layer, "indices"), buffer]);
    return { value: { buffer, size, isSequence: inputs[0]!.isSequence } };
  },
};
