import { weightBytes } from "../kernels/weightStorage.js";
import { paddedSize } from "../kernels/kernelSpec.js";
import type { Storage } from "../layers/layerType.js";
import { float32ToFloat16 } from "../model/float16.js";

/** A weight, laid out as the kernels read it. */
export interface PackedWeight {
  /** Padding included. */
  readonly sizeBytes: number;
  /** Makes the buffer's content; nothing is copied until then. */
  pack(): ArrayBuffer;
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

/** Where a matrix's elements go. Four columns of a row stay together: a vec4. */
export interface Layout {
  /** Padding included. */
  readonly numElements: number;
  startOf(row: number): number;
  /** Elements from a vec4 of a row to its next one. */
  readonly vec4Step: number;
}

/** Row after row; rows and columns are padded to a multiple of four. */
export function byRows(numRows: number, numColumns: number): Layout {
  const stride = paddedSize(numColumns);
  return { numElements: paddedSize(numRows) * stride, startOf: (row) => row * stride, vec4Step: 4 };
}

/** Four rows at a time, as shaders/lib/tile.wgsl has it. */
export function byTiles(numRows: number, numColumns: number): Layout {
  const stride = paddedSize(numColumns);
  const startOf = (row: number) => (row - (row % 4)) * stride + 4 * (row % 4);
  return { numElements: paddedSize(numRows) * stride, startOf, vec4Step: 16 };
}

/** A matrix in its storage, laid out; padding is zero. */
export function packMatrix(matrix: Matrix, { numElements, startOf, vec4Step }: Layout): PackedWeight {
  const { values, scale, numRows, numColumns, storage } = matrix;
  const pack = () => {
    const packed = new { f32: Float32Array, f16: Uint16Array, int8: Int8Array }[storage](numElements);
    for (let row = 0; row < numRows; row++) {
      const rowValues = values.subarray(row * numColumns, (row + 1) * numColumns);
      const encoded = encodeRow(rowValues, storage, scale?.[row] ?? 1);
      const start = startOf(row);
      for (let column = 0; column < numColumns; column++) {
        packed[start + (column >> 2) * vec4Step + (column & 3)] = encoded[column]!;
      }
    }
    return packed.buffer;
  };
  return { sizeBytes: numElements * weightBytes[storage], pack };
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
export function packBias(bias: Float32Array | null, scale: Float32Array | null, numRows: number): PackedWeight {
  const stride = paddedSize(numRows);
  const pack = () => {
    const packed = new Float32Array(2 * stride).fill(1, stride);
    if (bias !== null) packed.set(bias);
    if (scale !== null) packed.set(scale, stride);
    return packed.buffer;
  };
  return { sizeBytes: 2 * stride * Float32Array.BYTES_PER_ELEMENT, pack };
}

/** [numRows]: the scale of each row, ones for none. */
export function packScale(scale: Float32Array | null, numRows: number): PackedWeight {
  return packValues(scale ?? new Float32Array(numRows).fill(1));
}

/** Numbers as they are. */
export function packValues(values: Float32Array): PackedWeight {
  return { sizeBytes: values.byteLength, pack: () => values.slice().buffer as ArrayBuffer };
}

/** Weights of one storage, one after the other. */
export function joinPacked(parts: readonly PackedWeight[]): PackedWeight {
  const sizeBytes = parts.reduce((sum, part) => sum + part.sizeBytes, 0);
  const pack = () => {
    const joined = new Uint8Array(sizeBytes);
    let start = 0;
    for (const part of parts) {
      joined.set(new Uint8Array(part.pack()), start);
      start += part.sizeBytes;
    }
    return joined.buffer;
  };
  return { sizeBytes, pack };
}
