// PyTorch's tensors in a file: views of storages, with an offset, sizes and strides in elements. Tensors may share a storage.

import { GruError } from "../../errors.js";
import { type Dtype, DTYPES, readNumbers, WHOLE_DTYPES } from "../dtype.js";
import { quote } from "../quote.js";
import { rowMajor } from "../strided.js";
import { isCount, isShape, numElements, type Tensor } from "../tensor.js";

/** The numbers that tensors view. */
export interface TorchStorage {
  /** Name of its class, such as `torch.FloatStorage`. */
  readonly type: string;
  /** Name of its bytes in the file. */
  readonly key: string;
  readonly numElements: number;
  /** Its bytes, where the pickle itself has them. */
  readonly bytes?: Uint8Array;
}

/** The numbers that a quantised tensor's whole ones stand for. Those of an axis have a scale and a zero point each. */
export type Quantizer =
  | { readonly axis: null; readonly scale: number; readonly zeroPoint: number }
  | { readonly axis: number; readonly scale: TorchTensor; readonly zeroPoint: TorchTensor };

/** A tensor before its numbers are read. */
export class TorchTensor {
  readonly storage: TorchStorage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  /** Null for numbers as they are. */
  readonly quantizer: Quantizer | null;

  constructor(
    storage: TorchStorage,
    offset: number,
    shape: readonly number[],
    strides: readonly number[],
    quantizer: Quantizer | null = null,
  ) {
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
    this.quantizer = quantizer;
  }

  get numElements(): number {
    return numElements(this.shape);
  }

  get isFloat(): boolean {
    return this.quantizer !== null || FLOAT_STORAGES.has(this.storage.type);
  }
}

const FLOAT_STORAGES: ReadonlyMap<string, Dtype> = new Map(
  (
    [
      ["torch.FloatStorage", "F32"],
      ["torch.HalfStorage", "F16"],
      ["torch.BFloat16Storage", "BF16"],
      ["torch.DoubleStorage", "F64"],
    ] as const
  ).map(([type, name]) => [type, DTYPES.get(name)!]),
);

/** Whole numbers of a quantised tensor, and of its zero points. */
const WHOLE_STORAGES: ReadonlyMap<string, Dtype> = new Map([
  ["torch.QInt8Storage", DTYPES.get("I8")!],
  ["torch.QUInt8Storage", WHOLE_DTYPES.get("U8")!],
  ["torch.QInt32Storage", WHOLE_DTYPES.get("I32")!],
  ["torch.LongStorage", WHOLE_DTYPES.get("I64")!],
  ["torch.IntStorage", WHOLE_DTYPES.get("I32")!],
]);

/** Bytes of an element. No layer has whole or complex numbers: such a tensor is skipped or refused, never read. */
const OTHER_STORAGES: ReadonlyMap<string, number> = new Map([
  ["torch.LongStorage", 8],
  ["torch.IntStorage", 4],
  ["torch.ShortStorage", 2],
  ["torch.CharStorage", 1],
  ["torch.ByteStorage", 1],
  ["torch.BoolStorage", 1],
  ["torch.QInt8Storage", 1],
  ["torch.QUInt8Storage", 1],
  ["torch.QInt32Storage", 4],
  ["torch.ComplexFloatStorage", 8],
  ["torch.ComplexDoubleStorage", 16],
]);

/** Names of the storages that a state_dict may have. */
export const STORAGE_TYPES: readonly string[] = [...FLOAT_STORAGES.keys(), ...OTHER_STORAGES.keys()];

const MAX_TENSORS = 4096;

/** Bytes that a storage takes. */
export function storageBytes({ type, numElements: length }: TorchStorage): number {
  return length * (FLOAT_STORAGES.get(type)?.sizeBytes ?? OTHER_STORAGES.get(type)!);
}

/**
 * Reads a persistent id: a storage's, `("storage", type, key, device, numElements)`, or a class's with its source, which a whole
 * module from before PyTorch 1.6 has: `("module", class, file, source)`.
 *
 * @returns the storage, or the class
 * @throws GruError `bad-file`
 */
export function readPersistentId(id: unknown): unknown {
  return Array.isArray(id) && id[0] === "module" ? id[1] : readStorageId(id);
}

function readStorageId(id: unknown): TorchStorage {
  const [word, type, key, , length, view = null] = Array.isArray(id) ? id : [];
  const isId = word === "storage" && STORAGE_TYPES.includes(type) && typeof key === "string" && isCount(length);
  if (isId && view === null) return { type, key, numElements: length };
  throw bad(`expected a storage's type, key and size, got ${quote(id)}`);
}

/** `_rebuild_tensor_v2`; its further arguments are ignored. @throws GruError `bad-file` for a view past its storage */
export function rebuildTensor([storage, offset, shape, strides]: readonly unknown[]): TorchTensor {
  const hasSizes = isShape(shape) && isShape(strides) && shape.length === strides.length;
  if (!isStorage(storage) || !isCount(offset) || !hasSizes) {
    throw bad(`expected a storage, an offset, sizes and strides, got ${quote([offset, shape, strides])}`);
  }
  const end = spanEnd(offset, shape, strides);
  if (end > storage.numElements) {
    const got = `sizes [${shape.join(", ")}] with strides [${strides.join(", ")}] at ${offset}`;
    throw bad(`expected a view of storage "${storage.key}" and its ${storage.numElements} elements, got ${got}`);
  }
  return new TorchTensor(storage, offset, shape, strides);
}

/** Whether a value is a dict of tensors by name. @throws GruError `bad-file` for too many tensors */
export function isStateDict(value: unknown): value is ReadonlyMap<string, TorchTensor> {
  if (!(value instanceof Map) || value.size === 0) return false;
  for (const [name, tensor] of value) if (typeof name !== "string" || !(tensor instanceof TorchTensor)) return false;
  if (value.size > MAX_TENSORS) throw bad(`expected at most ${MAX_TENSORS} tensors, got ${value.size}`);
  return true;
}

/** Options of reading a storage's bytes. */
export interface ReadRequest {
  /** Whether a big-endian machine wrote them. */
  readonly isBigEndian: boolean;
  /** Whether the tensor may use their memory. */
  readonly mayKeep: boolean;
  /** Whether its numbers may be whole ones, which it has as they are. */
  readonly mayBeWhole: boolean;
}

/**
 * Reads a tensor's numbers.
 *
 * @param bytesOf gives the bytes of its storage
 * @throws GruError `unsupported` for whole and complex numbers
 */
export function readTensor(
  name: string,
  tensor: TorchTensor,
  bytesOf: () => Uint8Array,
  { isBigEndian, mayKeep, mayBeWhole }: ReadRequest,
): Tensor {
  const { storage, offset, shape, strides } = tensor;
  const wholes = mayBeWhole ? WHOLE_STORAGES.get(storage.type) : undefined;
  const dtype = FLOAT_STORAGES.get(storage.type) ?? wholes;
  if (dtype === undefined) {
    const expected = [...FLOAT_STORAGES.keys()].join(", ");
    throw new GruError("unsupported", `tensor "${name}": expected ${expected}, got ${storage.type}`);
  }
  const { sizeBytes } = dtype;
  const bytes = bytesOf().subarray(offset * sizeBytes, spanEnd(offset, shape, strides) * sizeBytes);
  const span = readNumbers(dtype, isBigEndian ? reversedEach(bytes, sizeBytes) : bytes, mayKeep && !wholes);
  const values = isContiguous(tensor) ? span : rowMajor(span, shape, strides);
  return { shape, values, storage: dtype.storage };
}

/** Index after the last element of a view in its storage. */
function spanEnd(offset: number, shape: readonly number[], strides: readonly number[]): number {
  if (shape.includes(0)) return offset;
  return shape.reduce((end, size, axis) => end + (size - 1) * strides[axis]!, offset + 1);
}

function isContiguous({ shape, strides }: TorchTensor): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis]!;
  }
  return true;
}

function reversedEach(bytes: Uint8Array, sizeBytes: number): Uint8Array {
  const copy = bytes.slice();
  for (let start = 0; start < copy.length; start += sizeBytes) copy.subarray(start, start + sizeBytes).reverse();
  return copy;
}

/** Whether a value of a pickle is a storage. */
export function isStorage(value: unknown): value is TorchStorage {
  return typeof value === "object" && value !== null && "key" in value && "numElements" in value;
}

function bad(message: string): GruError {
  return new GruError("bad-file", `torch: ${message}`);
}
