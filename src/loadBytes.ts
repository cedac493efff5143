import { GruError } from "./errors.js";

/** Where a model's bytes come from. */
export type ModelSource = string | URL | ArrayBuffer | Uint8Array | Blob;

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

/**
 * The bytes of a file, from wherever it is.
 *
 * @throws whatever `signal` was aborted with; GruError `bad-file` for a source that is none, and for a server that does not answer
 *   with the file
 */
export async function loadBytes(source: ModelSource, options: LoadBytesOptions = {}): Promise<Uint8Array> {
  options.signal?.throwIfAborted();
  if (source instanceof Uint8Array) return source;
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (source instanceof Blob) return readStream(source.stream(), source.size, options);
  if (typeof source !== "string" && !(source instanceof URL)) {
    const expected = "a URL, an ArrayBuffer, a Uint8Array, a Blob or a File";
    throw new GruError("bad-file", `source: expected ${expected}, got ${String(source)}`);
  }
  const response = await fetchFile(source, options.signal);
  if (!response.ok)
    throw new GruError(
      "bad-file",
      `${String(source)}: expected the file, got HTTP ${response.status} ${response.statusText}`,
    );
  // The length counts compressed bytes where the server compressed them: no use as a total.
  const length = response.headers.has("content-encoding") ? null : response.headers.get("content-length");
  const total = length === null ? null : Number(length);
  if (response.body === null) return new Uint8Array(await response.arrayBuffer());
  return readStream(response.body, total, options);
}

/** The address of a file in the same folder as another, with the query that the other has. @param name without a folder */
export function besideUrl(url: string | URL, name: string): string {
  return String(url).replace(/[^/?#]*(?=([?#].*)?$)/, () => name);
}

async function fetchFile(source: string | URL, signal: AbortSignal | undefined): Promise<Response> {
  try {
    return await fetch(source, signal ? { signal } : {});
  } catch (cause) {
    signal?.throwIfAborted();
    throw new GruError("bad-file", `${String(source)}: expected an answer, got ${String(cause)}`, { cause });
  }
}

/** A server's word is taken for no more: what comes is what counts. */
const MAX_WHOLE_BYTES = 2 ** 30;
/** Room for a file of unknown length, to begin with: what of it is never touched takes no memory. */
const ROOM_BYTES = 2 ** 26;

async function readStream(
  stream: ReadableStream<Uint8Array>,
  total: number | null,
  { signal, onProgress }: LoadBytesOptions,
): Promise<Uint8Array> {
  // In memory once: chunks are joined as they come, in twice the room where it does not suffice.
  let whole = new Uint8Array(Math.min(total ?? 0, MAX_WHOLE_BYTES));
  let loaded = 0;
  const reader = stream.getReader();
  for (;;) {
    signal?.throwIfAborted();
    const { done, value } = await reader.read();
    if (done) break;
    if (loaded + value.length > whole.length) {
      const larger = new Uint8Array(Math.max(loaded + value.length, 2 * whole.length, ROOM_BYTES));
      larger.set(whole);
      whole = larger;
    }
    whole.set(value, loaded);
    loaded += value.length;
    onProgress?.({ loaded, total });
  }
  return 2 * loaded < whole.length ? whole.slice(0, loaded) : whole.subarray(0, loaded);
}
