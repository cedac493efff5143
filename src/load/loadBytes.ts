import { GruError } from "../errors.js";
import { bytesIn, type FileContents } from "../formats/fileContents.js";
import { checkSignal } from "../model/checkOptions.js";
import { describeValue } from "../model/valueKind.js";

/** A model's bytes, or the address of its file; in Node, Bun and Deno the address may be a path. */
export type ModelSource = string | URL | FileContents;

/** Progress of a download. */
export interface LoadProgress {
  /** Bytes so far. */
  readonly loaded: number;
  /** Bytes in all; null when the server does not say. */
  readonly total: number | null;
}

/** Options of loading a file. */
export interface LoadBytesOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: LoadProgress) => void;
}

/** @throws GruError `unsupported` for a `signal` that is no AbortSignal, or an `onProgress` that is no function */
export function checkLoadOptions({ signal, onProgress }: LoadBytesOptions): void {
  checkSignal(signal);
  if (onProgress === undefined || typeof onProgress === "function") return;
  throw new GruError("unsupported", `onProgress: expected a function, got ${describeValue(onProgress)}`);
}

/**
 * The bytes of a source.
 *
 * @throws the reason that `signal` was aborted with, the error that `onProgress` threw; GruError `bad-file` for a value that is
 *   no source and for a file that does not arrive complete; `limit-exceeded`
 */
export async function loadBytes(source: ModelSource, options: LoadBytesOptions = {}): Promise<Uint8Array> {
  const { signal } = options;
  signal?.throwIfAborted();
  const bytes = bytesIn(source);
  if (bytes !== null) return bytes;
  const kind = describeValue(source); // not instanceof: it may be of another realm
  if (/^a (Blob|File)$/.test(kind)) {
    const blob = source as Blob;
    return readStream("source", blob.stream(), blob.size, options);
  }
  if (kind === "a Response") return readResponse("source", source as Response, options);
  if (!isAddress(source)) {
    const expected = "an address, an ArrayBuffer or a view of one, a Blob, a File or a Response";
    throw new GruError("bad-file", `source: expected ${expected}, got ${kind}`);
  }
  const name = String(source);
  const file = fileUrl(source);
  if (file !== null) {
    const blob = await orUnread(name, openFile(file), signal);
    return readStream(name, blob.stream(), blob.size, options);
  }
  return readResponse(name, await orUnread(name, fetch(source, signal ? { signal } : {}), signal), options);
}

/** Whether a source is an address, not the file itself. */
export function isAddress(source: unknown): source is string | URL {
  return (typeof source === "string" && source !== "") || describeValue(source) === "a URL";
}

/** The address of another file in the same folder, with the same query. @param name without a folder */
export function besideUrl(address: string | URL, name: string): string {
  return String(fileUrl(address) ?? address).replace(/[^/?#]*(?=([?#].*)?$)/, () => name);
}

/** The parts of Node's modules that reading a file needs. `process` gives them: bundlers would try to resolve an import. */
interface NodeModules {
  readonly "node:url": { pathToFileURL(path: string): URL };
  readonly "node:fs": {
    openAsBlob(url: URL): Promise<Blob>;
    readonly promises: { stat(url: URL): Promise<{ isFile(): boolean }> };
  };
}

/** Null in a browser. */
function nodeModule<Name extends keyof NodeModules>(name: Name): NodeModules[Name] | null {
  const { process } = globalThis as { process?: { getBuiltinModule?(name: Name): NodeModules[Name] } };
  return process?.getBuiltinModule?.(name) ?? null;
}

/** The URL of a file on the disk, from its path or its URL; null for another address, and in a browser. */
function fileUrl(address: string | URL): URL | null {
  const node = nodeModule("node:url");
  if (node === null) return null;
  try {
    const url = new URL(address, globalThis.location?.href);
    if (url.protocol.length > 2) return url.protocol === "file:" ? url : null; // "c:" is a drive
  } catch {
    // not a URL: a path
  }
  return node.pathToFileURL(String(address));
}

async function openFile(url: URL): Promise<Blob> {
  const { openAsBlob, promises } = nodeModule("node:fs")!;
  const stats = await promises.stat(url); // for its error: openAsBlob's does not say why a file cannot be opened
  if (!stats.isFile()) throw new Error("a directory or a device");
  return openAsBlob(url);
}

async function readResponse(name: string, response: Response, options: LoadBytesOptions): Promise<Uint8Array> {
  const { ok, status, statusText, headers, body } = response;
  if (!ok) throw new GruError("bad-file", `${name}: expected the file, got HTTP ${status} ${statusText}`);
  // The length of a compressed response counts compressed bytes, `loaded` counts unpacked ones.
  const length = headers.has("content-encoding") ? null : headers.get("content-length");
  return readStream(name, body ?? new Blob().stream(), length === null ? null : Number(length), options);
}

/** Awaits a result. Throws the signal's reason if it was aborted, else a `bad-file` error with the cause. */
async function orUnread<T>(name: string, awaited: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  return awaited.catch((cause: unknown) => {
    signal?.throwIfAborted();
    throw new GruError("bad-file", `${name}: expected the file, got ${String(cause)}`, { cause });
  });
}

/** Larger than any model that runs here; an endless response ends at this size. A declared length reserves at most half. */
const MAX_BYTES = 2 ** 31;
/** First size of the buffer for a file of unknown length. Pages that are never written take no memory. */
const FIRST_BUFFER_BYTES = 2 ** 26;

async function readStream(
  name: string,
  stream: ReadableStream<Uint8Array>,
  total: number | null,
  { signal, onProgress }: LoadBytesOptions,
): Promise<Uint8Array> {
  if (stream.locked) throw new GruError("bad-file", `${name}: already read`);
  // The file is in memory once: chunks are joined as they come, in a buffer that doubles when it is full.
  let whole = new Uint8Array(Math.min(total ?? 0, MAX_BYTES / 2));
  let loaded = 0;
  const reader = stream.getReader();
  try {
    for (;;) {
      signal?.throwIfAborted();
      const { done, value } = await orUnread(name, reader.read(), signal);
      if (done) break;
      const needed = loaded + value.length;
      if (needed > MAX_BYTES)
        throw new GruError("limit-exceeded", `${name}: expected at most ${MAX_BYTES} bytes, got more`);
      if (needed > whole.length) {
        const larger = new Uint8Array(Math.min(MAX_BYTES, Math.max(needed, 2 * whole.length, FIRST_BUFFER_BYTES)));
        larger.set(whole);
        whole = larger;
      }
      whole.set(value, loaded);
      loaded = needed;
      onProgress?.({ loaded, total });
    }
  } finally {
    void reader.cancel().catch(() => {}); // ends the download after an error
  }
  return 2 * loaded < whole.length ? whole.slice(0, loaded) : whole.subarray(0, loaded);
}
