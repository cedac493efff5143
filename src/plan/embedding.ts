import { embeddingKernel } from "../kernels/embedding.js";
import { paddedSize } from "../kernels/kernelSpec.js";
import type { EmbeddingLayer } from "../layers/embedding.js";
import type { LayerPlan } from "./layerPlan.js";
import { byRows, packMatrix, packScale } from "./packedWeight.js";

export const embeddingPlan: LayerPlan<EmbeddingLayer> = {
  weights({ name, storage, weight: values, weightScale: scale, numEmbeddings: numRows, embeddingSize: numColumns }) {
    return [
      packMatrix(`${name}.weight`, { values, scale, numRows, numColumns, storage }, byRows(numRows, numColumns)),
      packScale(`${name}.scale`, scale, numRows),
    ];
  },

  plan(layer, inputs, planner) {
    const { name, embeddingSize } = layer;
    const buffer = planner.likeInputs(`${name}.output`, inputs, paddedSize(embeddingSize));
    const weights = [`${name}.weight`, `${name}.scale`];
    planner.rows(inputs, embeddingKernel(layer), [inputs[0]!.buffer, ...weights, buffer]);
    return { buffer, size: embeddingSize, isSequence: inputs[0]!.isSequence };
  },
};
