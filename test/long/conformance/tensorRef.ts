// Tensor references: where a case's numbers are.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { index, numElements, slice, type Tensor } from "./tensor.js";
import { readElements, sizeBytes } from "./tensorBytes.js";
import { parseInitializers, parseTensorProto } from "./tensorProto.js";

/** A number; JSON has no names for the last three but strings. */
type JsonNumber = number | "NaN" | "Infinity" | "-Infinity";

/** Where the numbers come from, then what is done to them. */
export interface TensorRef {
  /** A safetensors file and a tensor of it. */
  readonly st?: string;
  readonly t?: string;
  /** A file that is one ONNX TensorProto. */
  readonly pb?: string;
  /** An ONNX model and an initializer of it. */
  readonly onnx?: string;
  readonly init?: string;
  /** A file of bare elements. */
  readonly raw?: string;
  readonly offset?: number;
  readonly shape?: readonly number[];
  /** F32, which rounds, when absent. */
  readonly dtype?: string;
  readonly data?: readonly JsonNumber[];
  readonly fill?: JsonNumber;
  readonly gen?: { readonly seed: number; readonly shape: readonly number[]; readonly scale: number };
  readonly scale?: number;
  readonly row?: number;
  readonly cols?: readonly [from: number, to: number];
}

/** Whether a value of a program is a tensor reference. */
export function isTensorRef(value: unknown): value is TensorRef {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  if ("shape" in value) return "data" in value || "fill" in value || "raw" in value;
  return "st" in value || "pb" in value || "gen" in value || "init" in value;
}

/** Resolves tensor references; a file is read once. */
export class TensorReader {
  readonly #safetensors = new Map<string, Map<string, Tensor>>();
  readonly #initializers = new Map<string, Map<string, Tensor>>();

  /** @param folder what the reference's paths are relative to */
  resolve(ref: TensorRef, folder: string): Tensor {
    const { scale, row, cols } = ref;
    let tensor = this.#source(ref, folder);
    if (scale !== undefined) tensor = { ...tensor, data: tensor.data.map((value) => value * scale) };
    if (row !== undefined) tensor = index(tensor, 0, row);
    if (cols !== undefined) tensor = slice(tensor, tensor.shape.length - 1, cols[0], cols[1]);
    return tensor;
  }

  #source(ref: TensorRef, folder: string): Tensor {
    const { st, pb, onnx, raw, gen, shape, dtype = "F32" } = ref;
    if (st !== undefined) return this.#named(this.#safetensors, join(folder, st), ref.t!, parseTensors);
    if (onnx !== undefined) return this.#named(this.#initializers, join(folder, onnx), ref.init!, parseInitializers);
    if (pb !== undefined) return parseTensorProto(readFileSync(join(folder, pb)));
    if (gen !== undefined) return generate(gen);
    if (shape === undefined) throw new Error(`tensor: expected a reference, got ${JSON.stringify(ref)}`);
    if (raw !== undefined) {
      const start = ref.offset ?? 0;
      const end = start + numElements(shape) * sizeBytes(dtype);
      return { shape, data: readElements(dtype, readFileSync(join(folder, raw)).subarray(start, end)) };
    }
    const { data, fill = 0 } = ref;
    const values = data?.map(Number) ?? Array.from({ length: numElements(shape) }, () => Number(fill));
    return { shape, data: Float64Array.from(dtype === "F32" ? values.map(Math.fround) : values) };
  }

  #named(
    files: Map<string, Map<string, Tensor>>,
    path: string,
    name: string,
    parse: (bytes: Uint8Array) => Map<string, Tensor>,
  ): Tensor {
    let tensors = files.get(path);
    if (tensors === undefined) files.set(path, (tensors = parse(readFileSync(path))));
    const tensor = tensors.get(name);
    if (tensor === undefined)
      throw new Error(`${path}: expected a tensor "${name}", got ${[...tensors.keys()].join()}`);
    return tensor;
  }
}

const LENGTH_BYTES = 8;

/** All tensors of a safetensors file; the library's own reader knows no integers, and rounds to float32. */
function parseTensors(bytes: Uint8Array): Map<string, Tensor> {
  const headerEnd = LENGTH_BYTES + Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(LENGTH_BYTES, headerEnd))) as Record<
    string,
    { readonly dtype: string; readonly shape: number[]; readonly data_offsets: [start: number, end: number] }
  >;
  const entries = Object.entries(header).filter(([name]) => name !== "__metadata__");
  return new Map(
    entries.map(
      ([
        name,
        {
          dtype,
          shape,
          data_offsets: [start, end],
        },
      ]) => [name, { shape, data: readElements(dtype, bytes.subarray(headerEnd + start, headerEnd + end)) }],
    ),
  );
}

/** Numbers that follow from their index and a seed, all exact in float32. */
function generate({ seed, shape, scale }: NonNullable<TensorRef["gen"]>): Tensor {
  const data = Float64Array.from({ length: numElements(shape) }, (_, i) => {
    let hash = Math.imul(i + 1, 0x9e3779b1) ^ Math.imul(seed, 0x85ebca77);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
    hash ^= hash >>> 15;
    return (((hash >>> 8) / 2 ** 24) * 2 - 1) * scale;
  });
  return { shape, data };
}
