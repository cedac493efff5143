import { paddedSize } from "../kernels/kernelSpec.js";
import { weightBytes } from "../kernels/weightStorage.js";
import { type GruLayer, type Layer, type Network, numDirections, type Storage } from "../model/network.js";
import { float32ToFloat16 } from "../model/float16.js";

/** One weight buffer, laid out as the kernels read it. */
export interface PackedWeight {
  readonly label: string;
  /** Padding included. */
  readonly sizeBytes: number;
  /** Makes the buffer's content; nothing is copied until then. */
  pack(): ArrayBuffer;
}

/** Every weight buffer of a network. */
export function packedWeights(network: Network): PackedWeight[] {
  return network.layers.flatMap(packLayer);
}

/** A weight begins at a multiple of this, so that it can be bound by itself. */
export const WEIGHT_ALIGNMENT = 256;

/** First byte of each weight buffer's content when all are laid one after the other, by label. */
export function weightOffsets(network: Network): Map<string, number> {
  const offsets = new Map<string, number>();
  let end = 0;
  for (const { label, sizeBytes } of packedWeights(network)) {
    const start = Math.ceil(end / WEIGHT_ALIGNMENT) * WEIGHT_ALIGNMENT;
    offsets.set(label, start);
    end = start + sizeBytes;
  }
  return offsets;
}

function packLayer(layer: Layer): PackedWeight[] {
  const { name, storage } = layer;
  switch (layer.type) {
    case "embedding": {
      const matrix = { values: layer.weight, scale: layer.weightScale, numRows: layer.numEmbeddings, storage };
      return [
        packMatrix(`${name}.weight`, { ...matrix, numColumns: layer.embeddingSize }),
        packScale(`${name}.scale`, layer.weightScale, layer.numEmbeddings),
      ];
    }
    case "dense": {
      const matrix = { values: layer.weight, scale: layer.weightScale, numRows: layer.outputSize, storage };
      return [
        packMatrix(`${name}.weight`, { ...matrix, numColumns: layer.inputSize }),
        packBias(`${name}.bias`, layer.bias, layer.weightScale, layer.outputSize),
      ];
    }
    case "gru":
      return packGru(layer);
  }
}

function packGru(layer: GruLayer): PackedWeight[] {
  const { name, storage, inputSize, hiddenSize } = layer;
  const numRows = numDirections(layer) * 3 * hiddenSize;
  const input = { values: layer.weight, scale: layer.weightScale, numRows, numColumns: inputSize, storage };
  const recurrent = { values: layer.recurrentWeight, scale: layer.recurrentWeightScale, numRows, storage };
  return [
    packMatrix(`${name}.weight`, input),
    packBias(`${name}.bias`, layer.bias, layer.weightScale, numRows),
    packMatrix(`${name}.recurrentWeight`, { ...recurrent, numColumns: hiddenSize }),
    packBias(`${name}.recurrentBias`, layer.recurrentBias, layer.recurrentWeightScale, numRows),
  ];
}

interface Matrix {
  /** [numRows, numColumns] */
  readonly values: Float32Array;
  /** [numRows], int8 only */
  readonly scale: Float32Array | null;
  readonly numRows: number;
  readonly numColumns: number;
  readonly storage: Storage;
}

/** A matrix with rows and columns padded to a multiple of four, in its storage. */
function packMatrix(label: string, matrix: Matrix): PackedWeight {
  const { values, scale, numRows, numColumns, storage } = matrix;
  const stride = paddedSize(numColumns);
  const length = paddedSize(numRows) * stride;
  const pack = () => {
    const packed = new { f32: Float32Array, f16: Uint16Array, int8: Int8Array }[storage](length);
    for (let row = 0; row < numRows; row++) {
      const rowValues = values.subarray(row * numColumns, (row + 1) * numColumns);
      packed.set(encodeRow(rowValues, storage, scale?.[row] ?? 1), row * stride);
    }
    return packed.buffer;
  };
  return { label, sizeBytes: length * weightBytes[storage], pack };
}

function encodeRow(values: Float32Array, storage: Storage, scale: number): ArrayLike<number> {
  switch (storage) {
    case "f32":
      return values;
    case "f16":
      return float32ToFloat16(values);
    case "int8":
      return values.map((value) => Math.round(value / scale));
  }
}

/** [2, numRows]: the bias, zeros for none, then the scale of each row, ones for none; each padded. */
function packBias(label: string, bias: Float32Array | null, scale: Float32Array | null, numRows: number): PackedWeight {
  const stride = paddedSize(numRows);
  const pack = () => {
    const packed = new Float32Array(2 * stride).fill(1, stride);
    if (bias !== null) packed.set(bias);
    if (scale !== null) packed.set(scale, stride);
    return packed.buffer;
  };
  return { label, sizeBytes: 2 * stride * Float32Array.BYTES_PER_ELEMENT, pack };
}

function packScale(label: string, scale: Float32Array | null, numRows: number): PackedWeight {
  const pack = () => (scale ?? new Float32Array(numRows).fill(1)).slice().buffer as ArrayBuffer;
  return { label, sizeBytes: numRows * Float32Array.BYTES_PER_ELEMENT, pack };
}
