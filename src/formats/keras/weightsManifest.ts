import { GruError } from "../../errors.js";
import { DTYPES, readNumbers } from "../dtype.js";
import { type ModelFiles, readBeside } from "../fileContents.js";
import { quote } from "../quote.js";
import { isShape, MAX_RANK, numElements, type Tensor } from "../tensor.js";
import { Config } from "./config.js";
import type { NamedTensor } from "./kerasModel.js";

const MAX_WEIGHTS = 4096;
const MAX_SHARDS = 1024;
/** Longest name: a path of a few folders, each a layer's name. */
const MAX_NAME_LENGTH = 512;

/** A file's name without a folder, a scheme or an escape: a file in the folder of model.json. */
const FILE_NAME = /^[\w-][\w .()-]*$/;

/**
 * Reads the weights of a TF.js model, in the file's order, widened to float32.
 *
 * @param groups `weightsManifest`: each has names of files, and the weights in their joined bytes, one after the other
 * @param mayKeep whether the weights may use the memory of the files
 * @throws GruError `bad-file` for a missing file, one of another size, or one named by a path; `unsupported`
 */
export async function readManifest(
  groups: readonly unknown[],
  files: ModelFiles | undefined,
  mayKeep: boolean,
): Promise<NamedTensor[]> {
  const plans = groups.map((group, i) => readGroup(new Config(group, `weightsManifest[${i}]`)));
  const numFiles = new Set(plans.flatMap(({ paths }) => paths)).size;
  const numShards = plans.reduce((sum, { paths }) => sum + paths.length, 0);
  const numWeights = plans.reduce((sum, { weights }) => sum + weights.length, 0);
  if (numShards > MAX_SHARDS) throw bad(`expected at most ${MAX_SHARDS} files, got ${numShards}`);
  if (numWeights > MAX_WEIGHTS) throw bad(`expected at most ${MAX_WEIGHTS} weights, got ${numWeights}`);
  // With one file many times, the weights could take any multiple of its size.
  if (numFiles < numShards) throw bad("a file is named twice");
  const tensors: NamedTensor[] = [];
  for (const { paths, weights } of plans) {
    const sizeBytes = weights.reduce((sum, weight) => sum + weight.sizeBytes, 0);
    const bytes = await join(paths, sizeBytes, files, mayKeep);
    let start = 0;
    for (const weight of weights) {
      const own = bytes.subarray(start, (start += weight.sizeBytes));
      if (weight.widen !== null) tensors.push({ name: weight.name, tensor: weight.widen(own) });
    }
  }
  const names = new Set(tensors.map(({ name }) => name));
  if (names.size < tensors.length) throw bad("two weights have the same name");
  return tensors;
}

interface Group {
  readonly paths: readonly string[];
  readonly weights: readonly Weight[];
}

interface Weight {
  readonly name: string;
  readonly sizeBytes: number;
  /** Reads the weight; null for whole numbers, which no layer has. */
  readonly widen: ((bytes: Uint8Array) => Tensor) | null;
}

function readGroup(group: Config): Group {
  const paths = group.list("paths").map((path) => {
    if (typeof path === "string" && FILE_NAME.test(path)) return path;
    throw bad(`expected a file's name without a folder in paths, got ${quote(path)}`);
  });
  return { paths, weights: group.list("weights").map((weight) => readWeight(new Config(weight, group.subject))) };
}

/** Bytes of a number, by TF.js's types without text. */
const SIZES = new Map([
  ["float32", 4],
  ["int32", 4],
  ["uint16", 2],
  ["float16", 2],
  ["uint8", 1],
  ["bool", 1],
]);

function readWeight(config: Config): Weight {
  const name = config.text("name");
  if (name.length > MAX_NAME_LENGTH) {
    throw bad(`expected a weight's name of at most ${MAX_NAME_LENGTH} characters, got ${quote(name)}`);
  }
  const shape = config.list("shape");
  if (!isShape(shape)) {
    throw bad(`weight "${name}": expected shape to be at most ${MAX_RANK} counts, got ${quote(shape)}`);
  }
  const quantization = config.has("quantization") ? config.object("quantization") : null;
  const dtype = (quantization ?? config).text("dtype");
  const elementBytes = SIZES.get(dtype);
  const isPlain = quantization === null || ["uint8", "uint16", "float16"].includes(dtype);
  if (elementBytes === undefined || !isPlain) {
    throw new GruError("unsupported", `weight "${name}": expected dtype ${[...SIZES.keys()].join(", ")}, got ${dtype}`);
  }
  const sizeBytes = numElements(shape) * elementBytes;
  return { name, sizeBytes, widen: widener(config.text("dtype"), quantization, shape) };
}

/** A function that reads a weight as float32; null for whole numbers. */
function widener(dtype: string, quantization: Config | null, shape: number[]): Weight["widen"] {
  if (dtype !== "float32") return null;
  if (quantization === null) {
    return (bytes) => ({ shape, values: readNumbers(DTYPES.get("F32")!, bytes, true), storage: "f32" });
  }
  const stored = quantization.text("dtype");
  if (stored === "float16") {
    return (bytes) => ({ shape, values: readNumbers(DTYPES.get("F16")!, bytes, true), storage: "f16" });
  }
  const [scale, min] = [quantization.number("scale", 1), quantization.number("min", 0)];
  return (bytes) => {
    const whole = stored === "uint8" ? bytes : new Uint16Array(bytes.slice().buffer);
    return { shape, values: Float32Array.from(whole, (value) => value * scale + min), storage: "f32" };
  };
}

/**
 * The joined bytes of a group's files, which the weights may keep.
 *
 * @throws GruError `bad-file` for a missing file, and unless the files are as long as the weights
 */
async function join(
  paths: readonly string[],
  sizeBytes: number,
  files: ModelFiles | undefined,
  mayKeep: boolean,
): Promise<Uint8Array> {
  const shards: Uint8Array[] = [];
  for (const path of paths) shards.push(await open(path, files));
  const total = shards.reduce((sum, { length }) => sum + length, 0);
  if (total !== sizeBytes) throw bad(`${paths.join(", ")}: expected ${sizeBytes} bytes of weights, got ${total}`);
  if (mayKeep && shards.length === 1) return shards[0]!;
  const bytes = new Uint8Array(total);
  let start = 0;
  for (const shard of shards) {
    bytes.set(shard, start);
    start += shard.length;
  }
  return bytes;
}

async function open(path: string, files: ModelFiles | undefined): Promise<Uint8Array> {
  const bytes = await readBeside(files, path);
  if (bytes !== undefined) return bytes;
  throw bad(`expected the file ${path} beside model.json, got none; load from a URL, or pass it in files`);
}

function bad(message: string): GruError {
  return new GruError("bad-file", `weightsManifest: ${message}`);
}
