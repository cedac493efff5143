import { bfloat16ToFloat32, float16ToFloat32 } from "../../../src/model/float16.js";

type Read = (bytes: ArrayBuffer) => ArrayLike<number>;

/** How to read each dtype, by its name in safetensors; little-endian, as is every machine that runs this. */
const READERS: Readonly<Record<string, Read>> = {
  F64: (bytes) => new Float64Array(bytes),
  F32: (bytes) => new Float32Array(bytes),
  F16: (bytes) => float16ToFloat32(new Uint16Array(bytes)),
  BF16: (bytes) => bfloat16ToFloat32(new Uint16Array(bytes)),
  I64: (bytes) => Array.from(new BigInt64Array(bytes), Number),
  I32: (bytes) => new Int32Array(bytes),
  I16: (bytes) => new Int16Array(bytes),
  I8: (bytes) => new Int8Array(bytes),
  U8: (bytes) => new Uint8Array(bytes),
  BOOL: (bytes) => new Uint8Array(bytes),
};

const SIZES_BYTES: Readonly<Record<string, number>> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
};

/** Bytes that one element of a dtype takes. */
export function sizeBytes(dtype: string): number {
  return SIZES_BYTES[dtype] ?? unknown(dtype);
}

/** Widens raw elements to float64; all but the largest 64-bit integers are exact. */
export function readElements(dtype: string, bytes: Uint8Array): Float64Array {
  const read = READERS[dtype] ?? unknown(dtype);
  // A copy: the data may begin at any byte, a typed array may not.
  return Float64Array.from(read(new Uint8Array(bytes).buffer));
}

function unknown(dtype: string): never {
  throw new Error(`dtype: expected one of ${Object.keys(READERS).join(", ")}, got ${dtype}`);
}
