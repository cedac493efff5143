// numpy's file of one array: a magic word, the version, a header that is a dict in Python's notation, the numbers.
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html

import { GruError } from "../../errors.js";
import { aligned, type Dtype, DTYPES, readNumbers, WHOLE_DTYPES } from "../dtype.js";
import { quote } from "../quote.js";
import { rowMajor } from "../strided.js";
import { MAX_RANK, numElements, type Tensor } from "../tensor.js";

const MAGIC = "\x93NUMPY";
/** The default limit of numpy's own reader. */
const MAX_HEADER_BYTES = 10_000;

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
 * Reads an array of any order; the result is row-major.
 *
 * @param what its name, for messages
 * @param mayKeep whether the array may use the memory of `bytes`
 * @throws GruError `bad-file`, `unsupported` for a dtype that is not listed, such as Python's objects
 */
export function parseNpy(what: string, bytes: Uint8Array, mayKeep = false): Tensor {
  const bad = (expected: string, got: unknown) =>
    new GruError("bad-file", `npy: "${what}": expected ${expected}, got ${String(got)}`);
  const start = String.fromCharCode(...bytes.subarray(0, 8));
  if (!start.startsWith(MAGIC)) throw bad("an array of numpy", `${bytes.length} other bytes`);
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
  const sizeBytes = numElements(shape) * dtype.sizeBytes;
  const got = bytes.length - dataStart;
  if (sizeBytes !== got) throw bad(`${sizeBytes} bytes for ${descr} [${shape.join(", ")}]`, got);
  const isKept = mayKeep && dtype === DTYPES.get("F32");
  const data = bytes.subarray(dataStart); // the bytes before it are the header, which has been read
  const values = readNumbers(dtype, isKept ? aligned(data) : data, isKept);
  return {
    shape,
    values: order === "True" ? rowMajor(values, shape, columnMajor(shape)) : values,
    storage: dtype.storage,
  };
}

/** Strides of a column-major array, whose first axis is the fastest. */
function columnMajor(shape: readonly number[]): number[] {
  return shape.map((_, axis) => numElements(shape.slice(0, axis)));
}
