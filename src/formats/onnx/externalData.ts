// Data of tensors in other files, such as the model.onnx.data of PyTorch's exporter:
// https://github.com/onnx/onnx/blob/main/docs/ExternalData.md

import { GruError } from "../../errors.js";
import { type ModelFiles, readBeside } from "../fileContents.js";
import { quote } from "../quote.js";
import { readMessage } from "./message.js";
import type { GraphProto, OnnxModel } from "./modelProto.js";

/** Limit of files. A writer may use one for each tensor; a malicious model could name more, to keep a server busy. */
const MAX_FILES = 1024;

/** TensorProto.DataLocation */
const EXTERNAL = 1;

/** A relative path without an escape, a scheme or "..": a file in the model's folder or below it. */
const LOCATION = /^(?!(.*\/)?\.{1,2}(\/|$))[^/\\:?#%\p{Cc}]+(\/[^/\\:?#%\p{Cc}]+)*$/u;

/** The keys of external_data to read; others, such as a checksum, are ignored. */
const ENTRIES = ["location", "offset", "length"];

/** The file and the byte range of a tensor's data. */
interface Reference {
  readonly encoded: Uint8Array;
  /** Name of the tensor, for errors. */
  readonly subject: string;
  readonly location: string;
  readonly start: number;
  /** null for the end of the file */
  readonly end: number | null;
}

/** Data of tensors, each by its encoded TensorProto. */
export type ExternalData = ReadonlyMap<Uint8Array, Uint8Array>;

/** Names of the files with a model's tensors. @throws GruError `bad-file` */
function externalFileNames(model: OnnxModel): string[] {
  const names = [...new Set(references(model).map(({ location }) => location))];
  if (names.length <= MAX_FILES) return names;
  throw new GruError("bad-file", `onnx: expected its data in at most ${MAX_FILES} files, got ${names.length}`);
}

/**
 * Opens the files with a model's tensors.
 *
 * @throws GruError `bad-file` for a missing file; other errors of `files`
 */
export async function openExternalFiles(
  model: OnnxModel,
  files: ModelFiles | undefined,
): Promise<Map<string, Uint8Array>> {
  const opened = new Map<string, Uint8Array>();
  for (const name of externalFileNames(model)) {
    try {
      const bytes = await readBeside(files, name);
      if (bytes !== undefined) opened.set(name, bytes);
    } catch (cause) {
      // Node's error for a missing file.
      const isAbsent = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
      throw cause instanceof GruError || isAbsent ? missing(name, cause) : cause;
    }
  }
  return opened;
}

/**
 * The data of all tensors with external data, as views of the files' bytes that do not overlap.
 *
 * @throws GruError `bad-file` for a missing file, and for data past its end or overlapping another tensor's
 */
export function externalData(model: OnnxModel, files: ReadonlyMap<string, Uint8Array>): ExternalData {
  const data = new Map<Uint8Array, Uint8Array>();
  const ends = new Map<string, number>();
  for (const { encoded, subject, location, start, end } of references(model).sort((a, b) => a.start - b.start)) {
    const file = files.get(location);
    if (file === undefined) throw missing(location);
    const last = end ?? file.length;
    if (start > last || last > file.length) {
      const expected = `its data in the ${file.length} bytes of ${quote(location)}`;
      throw new GruError("bad-file", `${subject}: expected ${expected}, got bytes ${start} to ${last}`);
    }
    const before = ends.get(location) ?? 0;
    if (start < before && start < last) {
      const expected = `bytes of ${quote(location)} that are no other tensor's`;
      throw new GruError("bad-file", `${subject}: expected ${expected}, got ${start} to ${last}`);
    }
    ends.set(location, Math.max(before, last));
    data.set(encoded, file.subarray(start, last));
  }
  return data;
}

function references({ nodes, initializers }: GraphProto): Reference[] {
  const found: Reference[] = [];
  for (const [name, encoded] of initializers) addReference(encoded, name, found);
  for (const { name, outputs, attributes, graphs } of nodes) {
    for (const { tensor } of attributes.values()) {
      if (tensor !== null) addReference(tensor, outputs[0] ?? name, found);
    }
    for (const graph of graphs.values()) found.push(...references(graph));
  }
  return found;
}

function addReference(encoded: Uint8Array, name: string, found: Reference[]): void {
  const subject = `onnx tensor ${quote(name)}`;
  let dataLocation = 0;
  const entries = new Map<string, string>();
  readMessage(encoded, subject, {
    13: (field) => readEntry(field.bytes(), subject, entries),
    14: (field) => (dataLocation = field.int()),
  });
  if (dataLocation !== EXTERNAL) return;
  const location = entries.get("location") ?? "";
  if (!LOCATION.test(location)) {
    const expected = "its data in a file in the model's folder";
    throw new GruError("bad-file", `${subject}: expected ${expected}, got the location ${quote(location)}`);
  }
  const start = byteCount(subject, "offset", entries.get("offset") ?? "0");
  const length = entries.get("length");
  const end = length === undefined ? null : start + byteCount(subject, "length", length);
  found.push({ encoded, subject, location, start, end });
}

/** A StringStringEntryProto. */
function readEntry(bytes: Uint8Array, subject: string, into: Map<string, string>): void {
  let key = "";
  let value = "";
  readMessage(bytes, subject, { 1: (field) => (key = field.string()), 2: (field) => (value = field.string()) });
  if (ENTRIES.includes(key)) into.set(key, value);
}

function byteCount(subject: string, what: string, text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new GruError("bad-file", `${subject}: expected ${what} to be a number of bytes, got ${quote(text)}`);
}

function missing(name: string, cause?: Error): GruError {
  const file = quote(name);
  const got = cause === undefined ? "none" : `an error (${cause.message})`;
  return new GruError(
    "bad-file",
    `onnx: expected the file ${file}, where this model keeps its weights (external data), got ${got}; ` +
      `put it beside the model, pass it as files: new Map([[${file}, bytes]]), or write one file in Python: ` +
      `torch.onnx.export(..., external_data=False), or onnx.save(onnx.load("model.onnx"), "one.onnx")`,
    { cause },
  );
}
