// Writes pickles and .pt files, good ones and lies.

import { zipSync } from "fflate";

/** Objects that a pickle may name, call and refer to, beside numbers, strings, arrays (tuples) and Maps (dicts). */
export type Pickled =
  | { readonly global: string }
  | { readonly call: Pickled; readonly args: readonly Pickled[] }
  | { readonly persistent: Pickled }
  | { readonly attributesOf: Pickled; readonly attributes?: Pickled }
  | ReadonlyMap<unknown, unknown>
  | readonly unknown[]
  | string
  | number
  | boolean
  | null;

/** The bytes of a pickle, protocol 2. */
export function pickle(value: Pickled): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([0x80, 2, ...opcodes(value), ".".charCodeAt(0)]);
}

/** A pickle of these very opcodes, numbers and ASCII. */
export function rawPickle(...parts: readonly (string | number)[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(parts.flatMap((part) => (typeof part === "number" ? [part] : ascii(part))));
}

function opcodes(value: Pickled): number[] {
  if (value === null) return ascii("N");
  if (typeof value === "boolean") return [value ? 0x88 : 0x89];
  if (typeof value === "number") return [...ascii("J"), ...littleEndian(value)];
  if (typeof value === "string") {
    const text = [...new TextEncoder().encode(value)];
    return [...ascii("X"), ...littleEndian(text.length), ...text];
  }
  if (isTuple(value)) return [...ascii("("), ...value.flatMap((item) => opcodes(item as Pickled)), ...ascii("t")];
  if (value instanceof Map) {
    return [...ascii("}("), ...[...value].flat().flatMap((item) => opcodes(item as Pickled)), ...ascii("u")];
  }
  if ("global" in value) {
    const dot = value.global.lastIndexOf(".");
    return ascii(`c${value.global.slice(0, dot)}\n${value.global.slice(dot + 1)}\n`);
  }
  if ("call" in value) return [...opcodes(value.call), ...opcodes(value.args), ...ascii("R")];
  if ("persistent" in value) return [...opcodes(value.persistent), ...ascii("Q")];
  if ("attributesOf" in value)
    return [...opcodes(value.attributesOf), ...opcodes(value.attributes ?? new Map([["a", 1]])), ...ascii("b")];
  throw new Error(`cannot pickle ${String(value)}`);
}

function isTuple(value: Pickled): value is readonly unknown[] {
  return Array.isArray(value);
}

function ascii(text: string): number[] {
  return [...text].map((character) => character.charCodeAt(0));
}

function littleEndian(value: number): number[] {
  return [0, 8, 16, 24].map((shift) => (value >> shift) & 0xff);
}

/** Arguments of `_rebuild_tensor_v2`; a row-major tensor of float32 that has a storage to itself, unless it says otherwise. */
export interface TensorParts {
  readonly shape: readonly number[];
  readonly key?: string;
  readonly type?: string;
  readonly numElements?: number;
  readonly offset?: number;
  readonly strides?: readonly number[];
}

/** A tensor as torch.save pickles it. */
export function pickledTensor(parts: TensorParts): Pickled {
  const { shape, key = "0", type = "torch.FloatStorage", offset = 0 } = parts;
  const { numElements = shape.reduce((product, size) => product * size, 1) } = parts;
  const { strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1)) } =
    parts;
  const storage = { persistent: ["storage", { global: type }, key, "cpu", numElements] };
  const hooks = { call: { global: "collections.OrderedDict" }, args: [] };
  return { call: { global: "torch._utils._rebuild_tensor_v2" }, args: [storage, offset, shape, strides, false, hooks] };
}

/** Files beside the pickle, by their names in the archive's folder. */
export type PtEntries = Readonly<Record<string, Uint8Array>>;

/** A .pt file as torch.save has written it since PyTorch 1.6. */
export function ptFile(root: Pickled, entries: PtEntries = {}): Uint8Array<ArrayBuffer> {
  const files = Object.entries({ "data.pkl": pickle(root), ...entries });
  return zip(Object.fromEntries(files.map(([name, bytes]) => [`archive/${name}`, bytes])));
}

/** A zip of files stored as they are. @param level of compression, 0 to 9 */
export function zip(files: Readonly<Record<string, Uint8Array>>, level: 0 | 1 | 9 = 0): Uint8Array<ArrayBuffer> {
  return new Uint8Array(zipSync(files, { level }));
}

/** The bytes of numbers. */
export function bytesOf(values: Float32Array | Float64Array | Uint16Array | BigInt64Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** A .pt file of a state_dict whose tensors are random float32, and what they are. */
export function ptStateDict(
  tensors: ReadonlyMap<string, { readonly shape: readonly number[]; readonly values: Float32Array }>,
  wrap: (stateDict: Pickled) => Pickled = (stateDict) => stateDict,
): Uint8Array<ArrayBuffer> {
  const items = [...tensors].map(([name, { shape }], i) => [name, pickledTensor({ shape, key: `${i}` })] as const);
  const storages = [...tensors.values()].map(({ values }, i) => [`data/${i}`, bytesOf(values)] as const);
  return ptFile(wrap(new Map(items)), Object.fromEntries(storages));
}
