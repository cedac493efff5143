import source from "../../shaders/embedding.wgsl?raw";
import type { EmbeddingLayer } from "../model/network.js";
import { type KernelSpec, numWorkgroups, paddedSize, WORKGROUP_SIZE } from "./kernelSpec.js";

/** Index -> row of the table. Bindings: index, weight, output. */
export function embeddingKernel({ numEmbeddings, embeddingSize }: EmbeddingLayer): KernelSpec {
  return {
    label: `embedding V=${numEmbeddings} E=${embeddingSize}`,
    source,
    entryPoint: "embedding",
    constants: { WORKGROUP_SIZE, EMBEDDING_SIZE: embeddingSize },
    bindings: ["read-only-storage", "read-only-storage", "storage"],
    workgroups: (numRows) => [numWorkgroups(paddedSize(embeddingSize) / 4), numRows, 1],
  };
}
