import { denseKernel } from "../kernels/dense.js";
import { paddedSize } from "../kernels/kernelSpec.js";
import { softmaxKernel } from "../kernels/softmax.js";
import { type Activation, isRowFunction, LINEAR } from "../layers/activation.js";
import { type DenseLayer, ungroupedWeight } from "../layers/dense.js";
import type { LayerPlan } from "./layerPlan.js";
import { byTiles, packBias, packMatrix } from "./packedWeight.js";

/** Groups as the kernels have them: one of all, in which zeros stand between groups, where a group has no whole vec4s. */
function planned({ inputSize, outputSize, groups }: DenseLayer): number {
  return (inputSize / groups) % 4 === 0 && (outputSize / groups) % 4 === 0 ? groups : 1;
}

export const densePlan: LayerPlan<DenseLayer> = {
  weights(layer) {
    const { storage, weightScale: scale, bias, outputSize: numRows } = layer;
    const groups = planned(layer);
    const numColumns = layer.inputSize / groups;
    const values = groups === 1 ? ungroupedWeight(layer) : layer.weight;
    return {
      weight: packMatrix({ values, scale, numRows, numColumns, storage }, byTiles(numRows, numColumns)),
      bias: packBias(bias, scale, numRows),
    };
  },

  plan(layer, inputs, planner) {
    const { name, inputSize, outputSize, activation, storage } = layer;
    const groups = planned(layer);
    const input = planner.gather(name, inputs);
    const weights = ["weight", "bias"].map((tensor) => planner.layout.weight(layer, tensor));
    const buffer = planner.likeInputs(`${name}.output`, inputs, paddedSize(outputSize));
    const row = activation.name;
    if (isRowFunction(row)) {
      const logits = planner.likeInputs(`${name}.logits`, inputs, paddedSize(outputSize));
      planner.rows(inputs, denseKernel(inputSize, outputSize, LINEAR, storage, groups), [input, ...weights, logits]);
      planner.rows(inputs, softmaxKernel(outputSize, row), [logits, buffer]);
    } else {
      const kernel = denseKernel(inputSize, outputSize, activation as Activation, storage, groups);
      planner.rows(inputs, kernel, [input, ...weights, buffer]);
    }
    return { value: { buffer, size: outputSize, isSequence: inputs[0]!.isSequence } };
  },

  program(layer, programmer) {
    const { name, inputs, inputSize, outputSize: size } = layer;
    const { name: f, alpha, beta } = layer.activation;
    const source = programmer.gather(inputs);
    const result = programmer.give(name, size);
    const groups = planned(layer);
    const [features, outputs] = [inputSize / groups, size / groups];
    for (let group = 0; group < groups; group++) {
      programmer.add({
        kind: "dense",
        source: source + group * features,
        vec4s: paddedSize(features) / 4,
        result: result + group * outputs,
        size: outputs,
        weight: programmer.weight(layer, "weight") + (group * features * outputs) / 4,
        bias: programmer.bias(layer, "bias") + group * outputs,
        biasRows: paddedSize(size),
        activation: isRowFunction(f) ? LINEAR : { name: f, alpha, beta },
        flop: 2 * outputs * features,
      });
    }
    if (isRowFunction(f)) programmer.add({ kind: f, result, size });
  },
};
