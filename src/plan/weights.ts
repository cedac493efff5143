import { paddedSize, padMatrix, padVector } from "../kernels/kernelSpec.js";
import type { Layer, Network } from "../model/network.js";

/** One weight buffer, laid out as the kernels read it. */
export interface PackedWeight {
  readonly label: string;
  /** Elements, padding included. */
  readonly length: number;
  pack(): Float32Array;
}

/** Every weight buffer of a network. Nothing is copied until `pack` is called. */
export function packedWeights(network: Network): PackedWeight[] {
  return network.layers.flatMap(packLayer);
}

function packLayer(layer: Layer): PackedWeight[] {
  const { name } = layer;
  switch (layer.type) {
    case "embedding":
      return [matrix(`${name}.weight`, layer.weight, layer.numEmbeddings, layer.embeddingSize)];
    case "dense":
      return [
        matrix(`${name}.weight`, layer.weight, layer.outputSize, layer.inputSize),
        vector(`${name}.bias`, layer.bias, layer.outputSize),
      ];
    case "gru":
      return [
        matrix(`${name}.weight`, layer.weight, 3 * layer.hiddenSize, layer.inputSize),
        vector(`${name}.bias`, layer.bias, 3 * layer.hiddenSize),
        matrix(`${name}.recurrentWeight`, layer.recurrentWeight, 3 * layer.hiddenSize, layer.hiddenSize),
        vector(`${name}.recurrentBias`, layer.recurrentBias, 3 * layer.hiddenSize),
      ];
  }
}

function matrix(label: string, values: Float32Array, numRows: number, numColumns: number): PackedWeight {
  const length = paddedSize(numRows) * paddedSize(numColumns);
  return { label, length, pack: () => padMatrix(values, numRows, numColumns) };
}

function vector(label: string, values: Float32Array | null, size: number): PackedWeight {
  return { label, length: paddedSize(size), pack: () => padVector(values, size) };
}
