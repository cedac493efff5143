import { bfloat16ToFloat32, float16ToFloat32 } from "../model/float16.js";
import type { Storage } from "../layers/layerType.js";

/** How a file writes numbers. */
export interface Dtype {
  /** Of one element. */
  readonly sizeBytes: number;
  /** How the device keeps them unless told otherwise. */
  readonly storage: Storage;
  /** Little-endian bytes to float32; they may become the result's own. */
  widen(bytes: ArrayBuffer): Float32Array;
}

/** Numbers that weights are written in, by safetensors' names. */
export const DTYPES: ReadonlyMap<string, Dtype> = new Map<string, Dtype>([
  ["F32", { sizeBytes: 4, storage: "f32", widen: (bytes) => new Float32Array(bytes) }],
  ["F16", { sizeBytes: 2, storage: "f16", widen: (bytes) => float16ToFloat32(new Uint16Array(bytes)) }],
  ["BF16", { sizeBytes: 2, storage: "f32", widen: (bytes) => bfloat16ToFloat32(new Uint16Array(bytes)) }],
  ["F64", { sizeBytes: 8, storage: "f32", widen: (bytes) => new Float32Array(new Float64Array(bytes)) }],
  ["I8", { sizeBytes: 1, storage: "int8", widen: (bytes) => new Float32Array(new Int8Array(bytes)) }],
]);

const whole = (sizeBytes: number, widen: Dtype["widen"]): Dtype => ({ sizeBytes, storage: "f32", widen });

/** Whole numbers that weights are not written in, but indices and lengths are: float32 holds them to 2^24. */
export const WHOLE_DTYPES: ReadonlyMap<string, Dtype> = new Map([
  ["I64", whole(8, (bytes) => Float32Array.from(new BigInt64Array(bytes), Number))],
  ["I32", whole(4, (bytes) => new Float32Array(new Int32Array(bytes)))],
  ["I16", whole(2, (bytes) => new Float32Array(new Int16Array(bytes)))],
  ["U8", whole(1, (bytes) => new Float32Array(new Uint8Array(bytes)))],
  ["BOOL", whole(1, (bytes) => new Float32Array(new Uint8Array(bytes)))],
]);

/**
 * Bytes moved towards the front, over up to three that are not needed any more, to where an array of float32 may begin:
 * few formats lay them out so. What is of other dtypes is copied anyway.
 */
export function aligned(bytes: Uint8Array): Uint8Array {
  const { buffer, byteOffset, length } = bytes;
  if (byteOffset % 4 === 0) return bytes;
  const start = byteOffset & ~3;
  new Uint8Array(buffer).copyWithin(start, byteOffset, byteOffset + length);
  return new Uint8Array(buffer, start, length);
}

/**
 * Numbers as a file has them.
 *
 * @param bytes wherever in the file they begin
 * @param mayKeep whether the file's own memory may become the result's; otherwise, and where they are not float32 that
 *   begins where a typed array may, they are copied
 */
export function readNumbers({ sizeBytes, widen }: Dtype, bytes: Uint8Array, mayKeep: boolean): Float32Array {
  const { buffer, byteOffset, length } = bytes;
  // Of what weights are written in, float32 alone has four bytes.
  return mayKeep && sizeBytes === 4 && byteOffset % 4 === 0
    ? new Float32Array(buffer as ArrayBuffer, byteOffset, length / 4)
    : widen(new Uint8Array(bytes).buffer);
}
