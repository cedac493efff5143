import { embeddingKernel } from "../kernels/embedding.js";
import { paddedSize } from "../kernels/kernelSpec.js";
import type { EmbeddingLayer } from "../layers/embedding.js";
import type { LayerPlan } from "./layerPlan.js";
import { byRows, packMatrix, packScale } from "./packedWeight.js";

export const embeddingPlan: LayerPlan<EmbeddingLayer> = {
  weights({ storage, weight: values, weightScale: scale, numEmbeddings: numRows, embeddingSize: numColumns }) {
    return {
      weight: packMatrix({ values, scale, numRows, numColumns, storage }, byRows(numRows, numColumns)),
      scale: packScale(scale, numRows),
    };
  },

  plan(layer, inputs, planner) {
    const { name, embeddingSize: size } = layer;
    const buffer = planner.likeInputs(`${name}.output`, inputs, paddedSize(size));
    const weights = ["weight", "scale"].map((tensor) => planner.layout.weight(layer, tensor));
    planner.rows(inputs, embeddingKernel(layer), [inputs[0]!.buffer, ...weights, buffer]);
    return { value: { buffer, size, isSequence: inputs[0]!.isSequence } };
  },

  program(layer, programmer) {
    const { name, embeddingSize: size } = layer;
    programmer.add({
      kind: "embedding",
      vec4s: paddedSize(size) / 4,
      result: programmer.give(name, size),
      size,
      weight: programmer.weight(layer, "weight"),
      bias: programmer.bias(layer, "scale"),
    });
  },
};
