// An array as numpy saves it: a magic word, the version, a header that is a dict in Python's notation, the numbers.
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html

import { GruError } from "../../errors.js";
import { aligned, type Dtype, DTYPES, readNumbers, WHOLE_DTYPES } from "../dtype.js";
import { quote } from "../quote.js";
import { rowMajor } from "../strided.js";
import type { Tensor } from "../tensor.js";

const MAGIC = "\x93NUMPY";
/** Numpy's own is at most that, unless its reader is told otherwise. */
const MAX_HEADER_BYTES = 10_000;
const MAX_RANK = 8;

const HEADER =
  /^\{'descr': '(?<descr>[^']*)', 'fortran_order': (?<order>True|False), 'shape': \((?<shape>[\d, ]*)\),? *\}\s*$/;

const DESCRIPTIONS: ReadonlyMap<string, Dtype> = new Map([
  ["<f4", DTYPES.get("F32")!],
  ["<f2", DTYPES.get("F16")!],
  ["<f8", DTYPES.get("F64")!],
  ["<i8", WHOLE_DTYPES.get("I64")!],
  ["<i4", WHOLE_DTYPES.get("I32")!], // numpy's own on Windows, to version 2
  ["<i2", WHOLE_DTYPES.get("I16")!],
  ["|u1", WHOLE_DTYPES.get("U8")!],
  ["|b1", WHOLE_DTYPES.get("BOOL")!],
]);

/**
 * Reads an array, in row-major order whatever the file's.
 *
 * @param what its name, for messages
 * @param mayKeep whether the bytes may become the array's own memory
 * @throws GruError `bad-file`, `unsupported` for a dtype that is not listed: Python's objects, say
 */
export function parseNpy(what: string, bytes: Uint8Array, mayKeep = false): Tensor {
  const bad = (expected: string, got: unknown) =>
    new GruError("bad-file", `npy: "${what}": expected ${expected}, got ${String(got)}`);
  const start = String.fromCharCode(...bytes.subarray(0, 8));
  if (!start.startsWith(MAGIC)) throw bad("an array as numpy saves it", `${bytes.length} bytes of something else`);
  const isWide = bytes[6]! > 1; // from version 2 on the header's length has four bytes
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const headerStart = isWide ? 12 : 10;
  if (bytes.length < headerStart) throw bad(`a header`, `${bytes.length} bytes`);
  const headerBytes = isWide ? view.getUint32(8, true) : view.getUint16(8, true);
  if (headerBytes > MAX_HEADER_BYTES) throw bad(`a header of at most ${MAX_HEADER_BYTES} bytes`, headerBytes);
  const dataStart = headerStart + headerBytes;
  const header = new TextDecoder().decode(bytes.subarray(headerStart, dataStart));
  const groups = HEADER.exec(header)?.groups;
  if (groups === undefined) throw bad("a header of descr, fortran_order and shape", quote(header));
  const { descr, order, shape: sizes } = groups as Record<"descr" | "order" | "shape", string>;
  const dtype = DESCRIPTIONS.get(descr);
  if (dtype === undefined) {
    const expected = [...DESCRIPTIONS.keys()].join(", ");
    throw new GruError("unsupported", `npy: "${what}": expected dtype ${expected}, got ${quote(descr)}`);
  }
  const shape = sizes
    .split(",")
    .map((size) => size.trim())
    .filter((size) => size !== "")
    .map(Number);
  if (shape.length > MAX_RANK) throw bad(`at most ${MAX_RANK} axes`, shape.length);
  const sizeBytes = shape.reduce((product, size) => product * size, dtype.sizeBytes);
  const got = bytes.length - dataStart;
  if (sizeBytes !== got) throw bad(`${sizeBytes} bytes for ${descr} [${shape.join(", ")}]`, got);
  const isKept = mayKeep && dtype === DTYPES.get("F32");
  const data = bytes.subarray(dataStart); // behind the header, which is read
  const values = readNumbers(dtype, isKept ? aligned(data) : data, isKept);
  return {
    shape,
    values: order === "True" ? rowMajor(values, shape, columnMajor(shape)) : values,
    storage: dtype.storage,
  };
}

/** Strides of an array whose first axis runs fastest. */
function columnMajor(shape: readonly number[]): number[] {
  return shape.map((_, axis) => shape.slice(0, axis).reduce((product, size) => product * size, 1));
}
