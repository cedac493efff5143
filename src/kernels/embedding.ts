import source from "../../shaders/embedding.wgsl?raw";
import type { EmbeddingLayer } from "../layers/embedding.js";
import { type KernelSpec, numWorkgroups, paddedSize, WORKGROUP_SIZE } from "./kernelSpec.js";
import { rowSource } from "./rowSource.js";
import { weightSource } from "./weightStorage.js";

/** Index -> row of the table. Bindings: params, index, weight, scale, output. */
export function embeddingKernel({ numEmbeddings, embeddingSize, storage }: EmbeddingLayer): KernelSpec {
  return {
    label: `embedding V=${numEmbeddings} E=${embeddingSize} ${storage}`,
    source: source + rowSource + weightSource[storage],
    entryPoint: "embedding",
    constants: { WORKGROUP_SIZE, EMBEDDING_SIZE: embeddingSize },
    bindings: ["uniform", "read-only-storage", "read-only-storage", "read-only-storage", "storage"],
    workgroups: (numRows) => [numWorkgroups(paddedSize(embeddingSize) / 4), numRows, 1],
    flopPerRow: embeddingSize,
  };
}
