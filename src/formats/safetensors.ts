// The safetensors container: 8 bytes of header length, a JSON header, the tensors' bytes without gaps.
// https://github.com/huggingface/safetensors, README and tensor.rs; the rules are the same as in its own reader.

import { GruError } from "../errors.js";
import { DTYPES, readNumbers, WHOLE_DTYPES } from "./dtype.js";
import { quote } from "./quote.js";
import { isShape, MAX_RANK, numElements, type Tensor } from "./tensor.js";

/** The contents of a file. */
export interface SafetensorsFile {
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** Tensors that cannot be weights: I64, for example. */
  readonly wholeNumbers: ReadonlyMap<string, Tensor>;
  /** `__metadata__`: free text by key. */
  readonly metadata: ReadonlyMap<string, string>;
}

const LENGTH_BYTES = 8;
/** The format's own reader allows 100 MB. A network here has tens of tensors, and a malicious header must not cost much. */
const MAX_HEADER_BYTES = 2 ** 20;
const MAX_TENSORS = 4096;

interface Entry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: number[];
  readonly start: number;
  readonly end: number;
}

/** Whether the bytes begin like a safetensors file: a length, then a JSON object. */
export function isSafetensors(bytes: Uint8Array): boolean {
  return bytes.length > LENGTH_BYTES && bytes[LENGTH_BYTES] === "{".charCodeAt(0);
}

/**
 * Reads a safetensors file. Values are widened to float32.
 *
 * @param mayKeep whether the tensors may use the memory of `bytes`, to save copies
 * @throws GruError `bad-file` for anything that the format does not allow, `unsupported` for a dtype we do not read
 */
export function parseSafetensors(bytes: Uint8Array, mayKeep = false): SafetensorsFile {
  const headerEnd = readHeaderEnd(bytes);
  const header = parseHeader(bytes.subarray(LENGTH_BYTES, headerEnd));
  const metadata = readMetadata(header.get("__metadata__"));
  header.delete("__metadata__");
  if (header.size > MAX_TENSORS) throw bad(`expected at most ${MAX_TENSORS} tensors, got ${header.size}`);
  const entries = [...header].map(([name, entry]) => readEntry(name, entry));
  checkLayout(entries, bytes.length - headerEnd, headerEnd);
  const tensors = new Map<string, Tensor>();
  const wholeNumbers = new Map<string, Tensor>();
  for (const { name, dtype, shape, start, end } of entries) {
    const isWhole = WHOLE_DTYPES.has(dtype);
    const known = (isWhole ? WHOLE_DTYPES : DTYPES).get(dtype)!;
    const values = readNumbers(known, bytes.subarray(headerEnd + start, headerEnd + end), mayKeep && !isWhole);
    (isWhole ? wholeNumbers : tensors).set(name, { shape, values, storage: known.storage });
  }
  return { tensors, wholeNumbers, metadata };
}

function readHeaderEnd(bytes: Uint8Array): number {
  if (bytes.length < LENGTH_BYTES) throw bad(`expected at least ${LENGTH_BYTES} bytes, got ${bytes.length}`);
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (length > MAX_HEADER_BYTES) throw bad(`expected a header of at most ${MAX_HEADER_BYTES} bytes, got ${length}`);
  if (LENGTH_BYTES + length > bytes.length) {
    throw bad(`the header ends at byte ${LENGTH_BYTES + length}, past the end of the file (${bytes.length})`);
  }
  return LENGTH_BYTES + length;
}

function parseHeader(bytes: Uint8Array): Map<string, unknown> {
  let text: string;
  let header: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    header = JSON.parse(text);
  } catch (cause) {
    throw bad(`expected the header to be JSON in UTF-8, got ${String(cause)}`, cause);
  }
  if (!isObject(header) || !text.startsWith("{"))
    throw bad(`expected the header to be a JSON object, got ${typeof header}`);
  const repeated = repeatedKey(text);
  if (repeated !== null) throw bad(`expected each name once in the header, got "${repeated}" twice`);
  return new Map(Object.entries(header));
}

/** The first key that an object of the JSON text has twice: `JSON.parse` keeps the last one without a word. */
function repeatedKey(text: string): string | null {
  const keysByDepth: Set<string>[] = [];
  const tokens = /"(?:[^"\\]|\\.)*"(\s*:)?|[{}]/g;
  for (const [token, isKey] of text.matchAll(tokens)) {
    if (token === "{") keysByDepth.push(new Set());
    else if (token === "}") keysByDepth.pop();
    else if (isKey) {
      const key = JSON.parse(token.slice(0, -isKey.length)) as string;
      const keys = keysByDepth.at(-1)!;
      if (keys.has(key)) return key;
      keys.add(key);
    }
  }
  return null;
}

function readMetadata(value: unknown): Map<string, string> {
  if (value === undefined) return new Map();
  if (!isObject(value)) throw bad(`expected __metadata__ to be an object, got ${typeof value}`);
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== "string") throw bad(`expected __metadata__.${key} to be a string, got ${typeof text}`);
  }
  return new Map(Object.entries(value as Record<string, string>));
}

function readEntry(name: string, value: unknown): Entry {
  if (!isObject(value)) throw bad(`tensor "${name}": expected an object, got ${typeof value}`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== "string") throw bad(`tensor "${name}": expected dtype to be a string, got ${typeof dtype}`);
  if (!isShape(shape)) {
    throw bad(`tensor "${name}": expected shape to be at most ${MAX_RANK} counts, got ${quote(shape)}`);
  }
  if (!isShape(offsets) || offsets.length !== 2 || offsets[0]! > offsets[1]!) {
    throw bad(`tensor "${name}": expected data_offsets [start, end], got ${quote(offsets)}`);
  }
  const known = DTYPES.get(dtype) ?? WHOLE_DTYPES.get(dtype);
  if (known === undefined) {
    const expected = [...DTYPES.keys(), ...WHOLE_DTYPES.keys()].join(", ");
    throw new GruError("unsupported", `safetensors: tensor "${name}": expected dtype ${expected}, got ${dtype}`);
  }
  const [start, end] = offsets as [number, number];
  const sizeBytes = numElements(shape) * known.sizeBytes;
  if (sizeBytes !== end - start) {
    throw bad(`tensor "${name}": expected ${sizeBytes} bytes for ${dtype} [${shape.join(", ")}], got ${end - start}`);
  }
  return { name, dtype, shape, start, end };
}

/** Checks that the tensors fill the data from its first byte to its last, without gap or overlap. */
function checkLayout(entries: readonly Entry[], dataBytes: number, headerEnd: number): void {
  let expected = 0;
  for (const { name, start, end } of [...entries].sort((a, b) => a.start - b.start || a.end - b.end)) {
    if (end > dataBytes) {
      throw bad(
        `tensor "${name}" ends at byte ${headerEnd + end}, past the end of the file (${headerEnd + dataBytes})`,
      );
    }
    if (start !== expected) {
      const fault = start < expected ? "overlaps the one before it" : "leaves a gap before it";
      throw bad(
        `tensor "${name}" ${fault}: expected to start at byte ${headerEnd + expected}, got ${headerEnd + start}`,
      );
    }
    expected = end;
  }
  if (expected !== dataBytes) {
    throw bad(
      `expected the file to end with its last tensor at byte ${headerEnd + expected}, got ${headerEnd + dataBytes} bytes`,
    );
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function bad(message: string, cause?: unknown): GruError {
  return new GruError("bad-file", `safetensors: ${message}`, { cause });
}
