import { denseKernel } from "../kernels/dense.js";
import { paddedSize } from "../kernels/kernelSpec.js";
import { softmaxKernel } from "../kernels/softmax.js";
import { type Activation, isRowFunction, LINEAR } from "../layers/activation.js";
import type { DenseLayer } from "../layers/dense.js";
import type { LayerPlan } from "./layerPlan.js";
import { byTiles, packBias, packMatrix } from "./packedWeight.js";

export const densePlan: LayerPlan<DenseLayer> = {
  weights({ storage, weight: values, weightScale: scale, bias, outputSize: numRows, inputSize: numColumns }) {
    return {
      weight: packMatrix({ values, scale, numRows, numColumns, storage }, byTiles(numRows, numColumns)),
      bias: packBias(bias, scale, numRows),
    };
  },

  plan(layer, inputs, planner) {
    const { name, inputSize, outputSize, activation, storage } = layer;
    const input = planner.gather(name, inputs);
    const weights = ["weight", "bias"].map((tensor) => planner.layout.weight(layer, tensor));
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
    return { value: { buffer, size: outputSize, isSequence: inputs[0]!.isSequence } };
  },

  program(layer, programmer) {
    const { name, inputs, inputSize, outputSize: size } = layer;
    const { name: f, alpha, beta } = layer.activation;
    const source = programmer.gather(inputs);
    const result = programmer.give(name, size);
    programmer.add({
      kind: "dense",
      source,
      vec4s: paddedSize(inputSize) / 4,
      result,
      size,
      weight: programmer.weight(layer, "weight"),
      bias: programmer.bias(layer, "bias"),
      biasRows: paddedSize(size),
      activation: isRowFunction(f) ? LINEAR : { name: f, alpha, beta },
      flop: 2 * size * inputSize,
    });
    if (isRowFunction(f)) programmer.add({ kind: f, result, size });
  },
};
