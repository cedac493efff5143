// The part of ONNX that holds tensors: a TensorProto file, and the initializers of a model.
// https://github.com/onnx/onnx/blob/main/onnx/onnx.proto

import { numElements, type Tensor } from "./tensor.js";
import { readElements } from "./tensorBytes.js";

/** TensorProto.DataType, by our names. */
const DATA_TYPES: Readonly<Record<number, string>> = {
  1: "F32",
  2: "U8",
  3: "I8",
  5: "I16",
  6: "I32",
  7: "I64",
  9: "BOOL",
  10: "F16",
  11: "F64",
  16: "BF16",
};

const TENSOR = { dims: 1, dataType: 2, floats: 4, int32s: 5, int64s: 7, name: 8, raw: 9, doubles: 10 };
const MODEL_GRAPH = 7;
const GRAPH_INITIALIZER = 5;

/** A field of a message: a varint's number, or the bytes of anything else. */
interface Field {
  readonly number: number;
  readonly value: bigint | Uint8Array;
}

/** Reads a tensor. */
export function parseTensorProto(bytes: Uint8Array): Tensor & { readonly name: string } {
  const fields = readMessage(bytes);
  const shape = varints(fields, TENSOR.dims);
  const dtype = DATA_TYPES[varints(fields, TENSOR.dataType)[0] ?? 0];
  const name = new TextDecoder().decode(joined(fields, TENSOR.name));
  if (dtype === undefined) throw new Error(`tensor "${name}": expected a dtype of numbers, got none that is known`);
  return { name, shape, data: readData(fields, dtype, numElements(shape)) };
}

/** A model's initializers by name. */
export function parseInitializers(bytes: Uint8Array): Map<string, Tensor> {
  const graph = readMessage(bytes).find(({ number }) => number === MODEL_GRAPH)!.value as Uint8Array;
  const tensors = readMessage(graph)
    .filter(({ number }) => number === GRAPH_INITIALIZER)
    .map(({ value }) => parseTensorProto(value as Uint8Array));
  return new Map(tensors.map((tensor) => [tensor.name, tensor]));
}

/** Elements are raw bytes, or a list whose type follows from the dtype; one element may stand for all. */
function readData(fields: readonly Field[], dtype: string, length: number): Float64Array {
  if (fields.some(({ number }) => number === TENSOR.raw)) return readElements(dtype, joined(fields, TENSOR.raw));
  const lists = [
    readElements("F32", joined(fields, TENSOR.floats)),
    readElements("F64", joined(fields, TENSOR.doubles)),
    varints(fields, TENSOR.int64s),
    int32s(varints(fields, TENSOR.int32s), dtype),
  ];
  const list = lists.find((values) => values.length > 0) ?? [];
  return Float64Array.from({ length }, (_, i) => (list.length === 1 ? list[0]! : list[i]!));
}

/** Half floats are kept as their bits in the list of 32-bit integers. */
function int32s(values: number[], dtype: string): ArrayLike<number> {
  if (dtype !== "F16" && dtype !== "BF16") return values;
  return readElements(dtype, new Uint8Array(Uint16Array.from(values).buffer));
}

function joined(fields: readonly Field[], number: number): Uint8Array {
  const parts = fields.filter((field) => field.number === number).map(({ value }) => value as Uint8Array);
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** A repeated integer, packed or not. */
function varints(fields: readonly Field[], number: number): number[] {
  const values = fields
    .filter((field) => field.number === number)
    .flatMap(({ value }) => (typeof value === "bigint" ? [value] : readVarints(value)));
  return values.map((value) => Number(BigInt.asIntN(64, value)));
}

function readVarints(bytes: Uint8Array): bigint[] {
  const values: bigint[] = [];
  for (let at = 0; at < bytes.length;) {
    const [value, end] = readVarint(bytes, at);
    values.push(value);
    at = end;
  }
  return values;
}

const FIXED_BYTES: Readonly<Record<number, number>> = { 1: 8, 5: 4 };

function readMessage(bytes: Uint8Array): Field[] {
  const fields: Field[] = [];
  for (let at = 0; at < bytes.length;) {
    const [tag, afterTag] = readVarint(bytes, at);
    const [number, wire] = [Number(tag >> 3n), Number(tag & 7n)];
    const [varint, afterVarint] = wire === 0 || wire === 2 ? readVarint(bytes, afterTag) : [0n, afterTag];
    at = afterVarint + (wire === 2 ? Number(varint) : (FIXED_BYTES[wire] ?? 0));
    fields.push({ number, value: wire === 0 ? varint : bytes.subarray(afterVarint, at) });
  }
  return fields;
}

function readVarint(bytes: Uint8Array, start: number): [value: bigint, end: number] {
  let value = 0n;
  for (let at = start; ; at++) {
    value |= BigInt(bytes[at]! & 0x7f) << BigInt(7 * (at - start));
    if (bytes[at]! < 0x80) return [value, at + 1];
  }
}
