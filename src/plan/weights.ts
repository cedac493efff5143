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
      const { weight: values, weightScale: scale, numEmbeddings: numRows, embeddingSize: numColumns } = layer;
      return [
        packMatrix(`${name}.weight`, { values, scale, numRows, numColumns, storage }, byRows(numRows, numColumns)),
        packScale(`${name}.scale`, scale, numRows),
      ];
    }
    case "dense": {
      const { weight: values, weightScale: scale, outputSize: numRows, inputSize: numColumns } = layer;
      return [
        packMatrix(`${name}.weight`, { values, scale, numRows, numColumns, storage }, byTiles(numRows, numColumns)),
        packBias(`${name}.bias`, layer.bias, scale, numRows),
      ];
    }
    case "gru":
      return packGru(layer);
  }
}

function packGru(layer: GruLayer): PackedWeight[] {
  const { name, storage, inputSize, hiddenSize, weightScale, recurrentWeightScale } = layer;
  const numRows = numDirections(layer) * 3 * hiddenSize;
  const input = { values: layer.weight, scale: weightScale, numRows, numColumns: inputSize, storage };
  const recurrent = {
    values: layer.recurrentWeight,
    scale: recurrentWeightScale,
    numRows,
    numColumns: hiddenSize,
    storage,
  };
  return [
    packMatrix(`${name}.weight`, input, byTiles(numRows, inputSize)),
    packBias(`${name}.bias`, layer.bias, weightScale, numRows),
    packMatrix(`${name}.recurrentWeight`, recurrent, byUnits(layer)),
    packBias(`${name}.recurrentBias`, layer.recurrentBias, recurrentWeightScale, numRows),
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

/** Where a matrix's elements go. Four columns of a row stay together: a quad. */
interface Layout {
  /** Padding included. */
  readonly numElements: number;
  startOf(row: number): number;
  /** Elements from a quad of a row to its next one. */
  readonly quadStep: number;
}

/** Row after row; rows and columns are padded to a multiple of four. */
function byRows(numRows: number, numColumns: number): Layout {
  const stride = paddedSize(numColumns);
  return { numElements: paddedSize(numRows) * stride, startOf: (row) => row * stride, quadStep: 4 };
}

/** Four rows at a time, as shaders/lib/tile.wgsl has it. */
function byTiles(numRows: number, numColumns: number): Layout {
  const stride = paddedSize(numColumns);
  const startOf = (row: number) => (row - (row % 4)) * stride + 4 * (row % 4);
  return { numElements: paddedSize(numRows) * stride, startOf, quadStep: 16 };
}

/** Of a recurrent matrix: its rows in the order of shaders/lib/recurrent.wgsl. */
function byUnits(layer: GruLayer): Layout {
  const { hiddenSize } = layer;
  const tiles = paddedSize(hiddenSize) / 4;
  const layout = byTiles(numDirections(layer) * tiles * 12, hiddenSize);
  const startOf = (row: number) => {
    const unit = row % hiddenSize;
    const gate = Math.floor(row / hiddenSize) % 3;
    const direction = Math.floor(row / hiddenSize / 3);
    return layout.startOf(((direction * tiles + (unit >> 2)) * 3 + gate) * 4 + (unit & 3));
  };
  return { ...layout, startOf };
}

/** A matrix in its storage, laid out; what pads it is zero. */
function packMatrix(label: string, matrix: Matrix, { numElements, startOf, quadStep }: Layout): PackedWeight {
  const { values, scale, numRows, numColumns, storage } = matrix;
  const pack = () => {
    const packed = new { f32: Float32Array, f16: Uint16Array, int8: Int8Array }[storage](numElements);
    for (let row = 0; row < numRows; row++) {
      const rowValues = values.subarray(row * numColumns, (row + 1) * numColumns);
      const encoded = encodeRow(rowValues, storage, scale?.[row] ?? 1);
      const start = startOf(row);
      for (let column = 0; column < numColumns; column++) {
        packed[start + (column >> 2) * quadStep + (column & 3)] = encoded[column]!;
      }
    }
    return packed.buffer;
  };
  return { label, sizeBytes: numElements * weightBytes[storage], pack };
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
