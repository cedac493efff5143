// The tensors of an ONNX file: TensorProto.

import { GruError } from "../../errors.js";
import { bfloat16ToFloat32, float16ToFloat32 } from "../../model/float16.js";
import { aligned, DTYPES, readNumbers } from "../dtype.js";
import { quote } from "../quote.js";
import { isShape, MAX_RANK, numElements } from "../tensor.js";
import { readMessage } from "./message.js";

/** Limit of whole numbers outside raw_data, which may have one byte each. Larger tensors are quantized weights, in raw_data. */
const MAX_FIELD_INTS = 2 ** 20;

/** A tensor of numbers. */
export interface TensorData {
  readonly shape: readonly number[];
  /** Row-major; whole numbers of more than 16 bits and float64 as float64, all others widened to float32. */
  readonly values: Float32Array | Float64Array;
  readonly isFloat: boolean;
  /** The least and the greatest number of a type of whole numbers of at most 16 bits; absent for others. */
  readonly range?: readonly [number, number];
  /** Whether the file's type is float16, so that float16 holds every value. */
  readonly isFloat16: boolean;
}

interface ElementType {
  readonly name: string;
  /** Bytes of an element of raw_data. */
  readonly sizeBytes: number;
  readonly isFloat: boolean;
  widenRaw(bytes: ArrayBuffer): Float32Array | Float64Array;
  /** The typed field that may have the elements instead of raw_data. */
  readonly field: "floats" | "ints" | "doubles";
  widenField(values: readonly number[]): Float32Array | Float64Array;
}

const integer = (name: string, sizeBytes: number, view: (bytes: ArrayBuffer) => ArrayLike<number | bigint>) => {
  const widen = (values: ArrayLike<number | bigint>) =>
    sizeBytes <= 2
      ? Float32Array.from(values as ArrayLike<number>)
      : Float64Array.from(values as ArrayLike<number>, Number);
  return {
    name,
    sizeBytes,
    isFloat: false,
    widenRaw: (bytes) => widen(view(bytes)),
    field: "ints",
    widenField: widen,
  } satisfies ElementType;
};

const FLOAT = "FLOAT";
/** From this size on, the tag and the length before raw data have three bytes, over which the data can be moved. */
const MIN_KEPT_BYTES = 128;

/** Ranges of the types that numbers are quantised to. */
const RANGES = new Map<string, readonly [number, number]>([
  ["UINT8", [0, 255]],
  ["INT8", [-128, 127]],
  ["UINT16", [0, 65535]],
  ["INT16", [-32768, 32767]],
]);

/** Element types by TensorProto.DataType. */
const TYPES = new Map<number, ElementType>([
  [
    1,
    {
      name: FLOAT,
      sizeBytes: 4,
      isFloat: true,
      widenRaw: (bytes) => new Float32Array(bytes),
      field: "floats",
      widenField: (values) => Float32Array.from(values),
    },
  ],
  [2, integer("UINT8", 1, (bytes) => new Uint8Array(bytes))],
  [3, integer("INT8", 1, (bytes) => new Int8Array(bytes))],
  [6, integer("INT32", 4, (bytes) => new Int32Array(bytes))],
  [7, integer("INT64", 8, (bytes) => new BigInt64Array(bytes))],
  [9, integer("BOOL", 1, (bytes) => new Uint8Array(bytes))],
  [
    10,
    {
      name: "FLOAT16",
      sizeBytes: 2,
      isFloat: true,
      widenRaw: (bytes) => float16ToFloat32(new Uint16Array(bytes)),
      field: "ints",
      widenField: (values) => float16ToFloat32(Uint16Array.from(values)),
    },
  ],
  [
    11,
    {
      name: "DOUBLE",
      sizeBytes: 8,
      isFloat: true,
      widenRaw: (bytes) => new Float64Array(bytes),
      field: "doubles",
      widenField: (values) => Float64Array.from(values),
    },
  ],
  [
    16,
    {
      name: "BFLOAT16",
      sizeBytes: 2,
      isFloat: true,
      widenRaw: (bytes) => bfloat16ToFloat32(new Uint16Array(bytes)),
      field: "ints",
      widenField: (values) => bfloat16ToFloat32(Uint16Array.from(values)),
    },
  ],
]);

/** Whether a TensorProto.DataType is a type of whole numbers. */
export function isIntegerType(type: number): boolean {
  return TYPES.get(type)?.isFloat === false;
}

/** Options of reading a tensor. */
export interface TensorOptions {
  /** The data in another file, in the form of raw_data. */
  readonly external?: Uint8Array | undefined;
  /** Whether the values may use the memory of `bytes` and `external`; the tensor can then be read only once. */
  readonly mayKeep?: boolean;
}

/**
 * Reads a TensorProto.
 *
 * @param fallbackName name for errors if the tensor has none
 * @throws GruError `bad-file`, or `unsupported` for a type we do not read
 */
export function parseTensorProto(
  bytes: Uint8Array,
  fallbackName: string,
  { external, mayKeep = false }: TensorOptions = {},
): TensorData {
  let name = fallbackName;
  let type = 0;
  let raw: Uint8Array = new Uint8Array();
  const shape: number[] = [];
  const fields = { floats: [] as number[], ints: [] as number[], doubles: [] as number[] };
  readMessage(bytes, "onnx tensor", {
    1: (field) => field.ints(shape, MAX_RANK + 1),
    2: (field) => (type = field.int()),
    4: (field) => field.floats(fields.floats),
    5: (field) => field.ints(fields.ints, MAX_FIELD_INTS),
    7: (field) => field.ints(fields.ints, MAX_FIELD_INTS),
    8: (field) => (name = field.string() || fallbackName),
    9: (field) => (raw = field.bytes()),
    10: (field) => field.doubles(fields.doubles),
  });
  const subject = `onnx tensor ${quote(name)}`;
  const known = TYPES.get(type);
  if (known === undefined) {
    const names = [...TYPES.values()].map((one) => one.name).join(", ");
    throw new GruError("unsupported", `${subject}: expected type ${names}, got type ${type}`);
  }
  if (!isShape(shape)) {
    throw new GruError("bad-file", `${subject}: expected at most ${MAX_RANK} sizes, got ${quote(shape)}`);
  }
  const length = numElements(shape);
  const field = fields[known.field];
  // Not for `external`: the bytes before it may be another tensor's.
  const mayMove = mayKeep && known.name === FLOAT && raw.length >= MIN_KEPT_BYTES;
  const hasField = external === undefined && raw.length === 0 && field.length > 0;
  const values = hasField
    ? readField(subject, length, known, field)
    : readRaw(subject, length, known, external ?? (mayMove ? aligned(raw) : raw), mayKeep);
  const range = RANGES.get(known.name);
  return { shape, values, isFloat: known.isFloat, isFloat16: known.name === "FLOAT16", ...(range && { range }) };
}

/** @param mayKeep whether the result may use the memory of `raw` */
function readRaw(
  subject: string,
  length: number,
  { name, sizeBytes, widenRaw }: ElementType,
  raw: Uint8Array,
  mayKeep: boolean,
): Float32Array | Float64Array {
  if (raw.length !== length * sizeBytes) {
    const expected = `${length * sizeBytes} bytes for ${length} elements of ${name}`;
    throw new GruError("bad-file", `${subject}: expected ${expected}, got ${raw.length}`);
  }
  if (mayKeep && name === FLOAT) return readNumbers(DTYPES.get("F32")!, raw, true);
  return widenRaw(new Uint8Array(raw).buffer); // a copy, since the data may not be aligned
}

function readField(
  subject: string,
  length: number,
  { name, widenField }: ElementType,
  field: readonly number[],
): Float32Array | Float64Array {
  if (field.length !== length) {
    throw new GruError("bad-file", `${subject}: expected ${length} elements of ${name}, got ${field.length}`);
  }
  return widenField(field);
}
