import { GruError } from "../errors.js";
import { bytesIn, type FileContents } from "../formats/fileContents.js";
import { checkSignal } from "../model/checkOptions.js";
import { describeValue } from "../model/valueKind.js";

/** Where a model's bytes come from. In Node, Bun and Deno an address may be a path. */
export type ModelSource = string | URL | FileContents;

/** How far the loading of a file is. */
export interface LoadProgress {
  /** Bytes so far. */
  readonly loaded: number;
  /** Bytes in all; null when the server does not say. */
  readonly total: number | null;
}

/** What may be told or asked while a file loads. */
export interface LoadBytesOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: LoadProgress) => void;
}

/** @throws GruError `unsupported` for a signal or a listener that is none */
export function checkLoadOptions({ signal, onProgress }: LoadBytesOptions): void {
  checkSignal(signal);
  if (onProgress === undefined || typeof onProgress === "function") return;
  throw new GruError("unsupported", `onProgress: expected a function, got ${describeValue(onProgress)}`);
}

/**
 * The bytes of a file, from wherever it is.
 *
 * @throws whatever `signal` was aborted with, or `onProgress` threw; GruError `bad-file` for a source that is none, and where
 *   the file does not come whole; `limit-exceeded`
 */
export async function loadBytes(source: ModelSource, options: LoadBytesOptions = {}): Promise<Uint8Array> {
  const { signal } = options;
  signal?.throwIfAborted();
  const bytes = bytesIn(source);
  if (bytes !== null) return bytes;
  const kind = describeValue(source); // of any realm
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

/** Whether a source says where the file is, rather than having it. */
export function isAddress(source: unknown): source is string | URL {
  return (typeof source === "string" && source !== "") || describeValue(source) === "a URL";
}

/** The address of a file in the same folder as another, with the query that the other has. @param name without a folder */
export function besideUrl(address: string | URL, name: string): string {
  return String(fileUrl(address) ?? address).replace(/[^/?#]*(?=([?#].*)?$)/, () => name);
}

/** Node's modules, as far as files need them. Asked of the process: bundlers would look for an import. */
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

/** The URL of a file on the disk, by its path or by that; null for another address, and in a browser. */
function fileUrl(address: string | URL): URL | null {
  const node = nodeModule("node:url");
  if (node === null) return null;
  try {
    const url = new URL(address, globalThis.location?.href);
    if (url.protocol.length > 2) return url.protocol === "file:" ? url : null; // "c:" is a drive
  } catch {
    // a path
  }
  return node.pathToFileURL(String(address));
}

async function openFile(url: URL): Promise<Blob> {
  const { openAsBlob, promises } = nodeModule("node:fs")!;
  const stats = await promises.stat(url); // which says what is wrong, and openAsBlob does not
  if (!stats.isFile()) throw new Error("a directory, or something else that is no file");
  return openAsBlob(url);
}

async function readResponse(name: string, response: Response, options: LoadBytesOptions): Promise<Uint8Array> {
  const { ok, status, statusText, headers, body } = response;
  if (!ok) throw new GruError("bad-file", `${name}: expected the file, got HTTP ${status} ${statusText}`);
  // The length counts compressed bytes where the server compressed them: no use as a total.
  const length = headers.has("content-encoding") ? null : headers.get("content-length");
  return readStream(name, body ?? new Blob().stream(), length === null ? null : Number(length), options);
}

/** What is awaited, or the signal's reason, or why the file cannot be read. */
async function orUnread<T>(name: string, awaited: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  return awaited.catch((cause: unknown) => {
    signal?.throwIfAborted();
    throw new GruError("bad-file", `${name}: expected the file, got ${String(cause)}`, { cause });
  });
}

/** No model of GRUs is larger; an endless answer is ended here. A length that is said counts for no more than half. */
const MAX_BYTES = 2 ** 31;
/** Room for a file of unknown length, to begin with: what of it is never touched takes no memory. */
const ROOM_BYTES = 2 ** 26;

async function readStream(
  name: string,
  stream: ReadableStream<Uint8Array>,
  total: number | null,
  { signal, onProgress }: LoadBytesOptions,
): Promise<Uint8Array> {
  if (stream.locked) throw new GruError("bad-file", `${name}: expected one that was not read before, got one that was`);
  // In memory once: chunks are joined as they come, in twice the room where it does not suffice.
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
        const larger = new Uint8Array(Math.min(MAX_BYTES, Math.max(needed, 2 * whole.length, ROOM_BYTES)));
        larger.set(whole);
        whole = larger;
      }
      whole.set(value, loaded);
      loaded = needed;
      onProgress?.({ loaded, total });
    }
  } finally {
    void reader.cancel().catch(() => {}); // no more of it is wanted
  }
  return 2 * loaded < whole.length ? whole.slice(0, loaded) : whole.subarray(0, loaded);
}
