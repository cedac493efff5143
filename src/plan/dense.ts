import { denseKernel } from "../kernels/dense.js";
import { paddedSize } from "../kernels/kernelSpec.js";
import { softmaxKernel } from "../kernels/softmax.js";
import { type Activation, isRowFunction, LINEAR } from "../layers/activation.js";
import type { DenseLayer } from "../layers/dense.js";
import type { LayerPlan } from "./layerPlan.js";
import { byTiles, packBias, packMatrix } from "./packedWeight.js";

export const densePlan: LayerPlan<DenseLayer> = {
  weights({ name, storage, weight: values, weightScale: scale, bias, outputSize: numRows, inputSize: numColumns }) {
    return [
      packMatrix(`${name}.weight`, { values, scale, numRows, numColumns, storage }, byTiles(numRows, numColumns)),
      packBias(`${name}.bias`, bias, scale, numRows),
    ];
  },

  plan({ name, inputSize, outputSize, activation, storage }, inputs, planner) {
    const input = planner.gather(name, inputs);
    const weights = [`${name}.weight`, `${name}.bias`];
    const buffer = planner.likeInputs(`${name}.output`, inputs, paddedSize(outputSize));
    const row = activation.name;
    if (isRowFunction(row)) {
      const logits = planner.likeInputs(`${name}.logits`, inputs, paddedSize(outputSize));
      planner.rows(inputs, denseKernel(inputSize, outputSize, LINEAR, storage), [input, ...weights, logits]);
      planner.rows(inputs, softmaxKernel(outputSize, row), [logits, buffer]);
    } else {
      const kernel = denseKernel(inputSize, outputSize, activation as Activation, storage);
      planner.rows(inputs, kernel, [input, ...weights, buffer]);
    }
    return { buffer, size: outputSize, isSequence: inputs[0]!.isSequence };
  },
};
