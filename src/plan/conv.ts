import { convKernel } from "../kernels/conv.js";
import { type ConvLayer, windowLength } from "../layers/conv.js";
import type { LayerPlan } from "./layerPlan.js";
import { byTiles, packBias, packMatrix } from "./packedWeight.js";
import { planWindowOutput } from "./windowOutput.js";

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
    const { layout } = planner;
    const weights = ["weight", "bias"].map((tensor) => layout.weight(layer, tensor));
    const kernel = convKernel(layer, layout.stateSize);
    return planWindowOutput(layer, inputs, planner, kernel, (input, output) => [input, ...weights, output]);
  },
};
