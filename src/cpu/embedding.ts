import type { EmbeddingLayer } from "../layers/embedding.js";
import type { CpuLayer, CpuTarget } from "./cpuLayer.js";

/** Copies rows of the table, which stays in JavaScript's own memory. */
export function createEmbedding({ weight, embeddingSize }: EmbeddingLayer, { memory }: CpuTarget): CpuLayer {
  return {
    run({ x, numRows, output, outputStride }) {
      const { f32 } = memory;
      for (let row = 0; row < numRows; row++) {
        const start = f32[x / 4 + row]! * embeddingSize;
        f32.set(weight.subarray(start, start + embeddingSize), output / 4 + row * outputStride);
      }
    },
  };
}
