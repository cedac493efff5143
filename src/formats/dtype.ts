import { bfloat16ToFloat32, float16ToFloat32 } from "../model/float16.js";
import type { Storage } from "../layers/layerType.js";

/** A format of numbers in a file. */
export interface Dtype {
  /** Bytes of one element. */
  readonly sizeBytes: number;
  /** The default storage on the device. */
  readonly storage: Storage;
  /** Little-endian bytes to float32; the result may use their memory. */
  widen(bytes: ArrayBuffer): Float32Array;
}

/** Formats of weights, by safetensors' names. */
export const DTYPES: ReadonlyMap<string, Dtype> = new Map<string, Dtype>([
  ["F32", { sizeBytes: 4, storage: "f32", widen: (bytes) => new Float32Array(bytes) }],
  ["F16", { sizeBytes: 2, storage: "f16", widen: (bytes) => float16ToFloat32(new Uint16Array(bytes)) }],
  ["BF16", { sizeBytes: 2, storage: "f32", widen: (bytes) => bfloat16ToFloat32(new Uint16Array(bytes)) }],
  ["F64", { sizeBytes: 8, storage: "f32", widen: (bytes) => new Float32Array(new Float64Array(bytes)) }],
  ["I8", { sizeBytes: 1, storage: "int8", widen: (bytes) => new Float32Array(new Int8Array(bytes)) }],
]);

const whole = (sizeBytes: number, widen: Dtype["widen"]): Dtype => ({ sizeBytes, storage: "f32", widen });

/** Formats of whole numbers, for indices and lengths, not for weights. float32 holds them exactly up to 2^24. */
export const WHOLE_DTYPES: ReadonlyMap<string, Dtype> = new Map([
  ["I64", whole(8, (bytes) => Float32Array.from(new BigInt64Array(bytes), Number))],
  ["I32", whole(4, (bytes) => new Float32Array(new Int32Array(bytes)))],
  ["I16", whole(2, (bytes) => new Float32Array(new Int16Array(bytes)))],
  ["U8", whole(1, (bytes) => new Float32Array(new Uint8Array(bytes)))],
  ["BOOL", whole(1, (bytes) => new Float32Array(new Uint8Array(bytes)))],
]);

/**
 * Moves bytes by up to three towards the front of their buffer, to a multiple of four, where a Float32Array can begin. The
 * bytes before them are overwritten, and must not be needed. Few formats align their numbers; other dtypes than float32 are
 * copied anyway.
 */
export function aligned(bytes: Uint8Array): Uint8Array {
  const { buffer, byteOffset, length } = bytes;
  if (byteOffset % 4 === 0) return bytes;
  const start = byteOffset & ~3;
  new Uint8Array(buffer).copyWithin(start, byteOffset, byteOffset + length);
  return new Uint8Array(buffer, start, length);
}

/**
 * Reads the numbers of a file.
 *
 * @param bytes at any offset of the file
 * @param mayKeep whether the result may use the file's memory. It does so for aligned float32; other numbers are copied
 */
export function readNumbers({ sizeBytes, widen }: Dtype, bytes: Uint8Array, mayKeep: boolean): Float32Array {
  const { buffer, byteOffset, length } = bytes;
  // float32 is the only format of weights with four bytes.
  return mayKeep && sizeBytes === 4 && byteOffset % 4 === 0
    ? new Float32Array(buffer as ArrayBuffer, byteOffset, length / 4)
    : widen(new Uint8Array(bytes).buffer);
}
