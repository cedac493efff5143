import { size, sizeUpTo } from "./field.js";
import type { LayerBase, LayerType, Optional } from "./layerType.js";

/** Index -> row of a table. */
export interface EmbeddingLayer extends LayerBase {
  readonly type: "embedding";
  readonly numEmbeddings: number;
  readonly embeddingSize: number;
  /** [V, E] */
  readonly weight: Float32Array;
  /** int8 only: the value of one unit of each row, [V] */
  readonly weightScale: Float32Array | null;
}

/** `defineNetwork` fills in optional fields; without `inputs` a layer reads the one before it. */
export type EmbeddingSpec = Optional<EmbeddingLayer, "inputs" | "storage" | "weightScale">;

export const embedding: LayerType<EmbeddingLayer, EmbeddingSpec> = {
  type: "embedding",
  time: () => "frame",
  readsIndex: true,
  numIndices: ({ numEmbeddings }) => numEmbeddings,
  fields: {
    numEmbeddings: sizeUpTo(2 ** 24, "a whole number from 1 to 16777216, as far as float32 holds indices exactly"),
    embeddingSize: size,
  },
  tensors: ({ numEmbeddings, embeddingSize }) => [
    { name: "weight", shape: [numEmbeddings, embeddingSize], kind: "table" },
  ],
  inputSize: () => 1,
  outputSize: ({ embeddingSize }) => embeddingSize,
};

/** The table's row of each frame's index, in float64. @param steps each [1] @returns each [E] */
export function embeddingEquation(
  { embeddingSize, weight }: EmbeddingLayer,
  steps: readonly Float64Array[],
): Float64Array[] {
  return steps.map(([index]) =>
    Float64Array.from({ length: embeddingSize }, (_, i) => weight[index! * embeddingSize + i]!),
  );
}
