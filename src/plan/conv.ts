import { convKernel } from "../kernels/conv.js";
import { paddedSize } from "../kernels/kernelSpec.js";
import { conv, type ConvLayer, windowLength } from "../layers/conv.js";
import type { LayerPlan } from "./layerPlan.js";
import { byTiles, packBias, packMatrix } from "./packedWeight.js";

export const convPlan: LayerPlan<ConvLayer> = {
  weights(layer) {
    const { storage, weight: values, weightScale: scale, bias, outputChannels: numRows } = layer;
    const numColumns = windowLength(layer);
    return {
      weight: packMatrix({ values, scale, numRows, numColumns, storage }, byTiles(numRows, numColumns)),
      bias: packBias(bias, scale, numRows),
    };
  },

  plan(layer, inputs, planner) {
    const { name } = layer;
    const { layout } = planner;
    const size = conv.outputSize(layer);
    const input = planner.gather(name, inputs);
    const weights = ["weight", "bias"].map((tensor) => layout.weight(layer, tensor));
    const buffer = planner.likeInputs(`${name}.output`, inputs, paddedSize(size));
    const past = conv.state!(layer).length > 0 ? planner.pastBuffers(layer) : [];
    planner.rows(inputs, convKernel(layer, layout.stateSize), [input, ...weights, buffer, ...past]);
    return { value: { buffer, size, isSequence: inputs[0]!.isSequence } };
  },
};
