import type { EmbeddingLayer } from "../model/network.js";

/** Row `index` of the table. Twin of shaders/embedding.wgsl. @returns [E] */
export function embedding(layer: EmbeddingLayer, index: number): Float64Array {
  const start = index * layer.embeddingSize;
  return Float64Array.from(layer.weight.subarray(start, start + layer.embeddingSize));
}
