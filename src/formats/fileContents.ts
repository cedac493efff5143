// The bytes of a file from the caller, in any form of the platform.

import { GruError } from "../errors.js";
import { describeValue } from "../model/valueKind.js";

/** A file in memory, or one that the platform can read. */
export type FileContents = ArrayBufferLike | ArrayBufferView | Blob | Response;

/**
 * The other files of a model: contents by name, a list of Files, which have names (those of a file input, for example), or a
 * function that gives the contents for a name.
 */
export type ModelFiles =
  | ReadonlyMap<string, FileContents>
  | Readonly<Record<string, FileContents>>
  | Iterable<File>
  | ((name: string) => FileContents | Promise<FileContents>);

/**
 * The bytes of a buffer or a view, of any realm. The result is a plain Uint8Array, since `slice` of Node's Buffer does not copy.
 * Memory that another thread may write, or that may shrink, is copied.
 *
 * @returns null for a value that is no buffer, or a detached one
 */
export function bytesIn(value: unknown): Uint8Array | null {
  try {
    const isView = ArrayBuffer.isView(value);
    const buffer = isView ? value.buffer : (value as ArrayBuffer);
    const kind = Object.prototype.toString.call(buffer);
    if (!/^\[object (Shared)?ArrayBuffer\]$/.test(kind)) return null;
    const bytes = isView ? new Uint8Array(buffer, value.byteOffset, value.byteLength) : new Uint8Array(buffer);
    const isSteady = kind === "[object ArrayBuffer]" && !("resizable" in buffer && buffer.resizable);
    return isSteady ? bytes : new Uint8Array(bytes);
  } catch {
    return null; // detached, or a proxy that throws
  }
}

/**
 * The contents of another file of a model.
 *
 * @returns undefined if there is no file of that name
 * @throws GruError `bad-file` for contents of a wrong type; the error of the caller's function
 */
export async function readBeside(files: ModelFiles | undefined, name: string): Promise<Uint8Array | undefined> {
  let contents: unknown = typeof files === "function" ? await files(name) : undefined;
  try {
    if (typeof files === "object") contents = await find(files, name);
    if (contents === undefined) return undefined;
    const bytes = bytesIn(contents) ?? (await unpack(contents as Response));
    if (bytes !== null) return checked(bytes);
  } catch (cause) {
    throw bad(name, contents, cause);
  }
  throw bad(name, contents);
}

function find(files: Exclude<ModelFiles, Function>, name: string): unknown {
  if ("get" in files && typeof files.get === "function") return files.get(name);
  if (Symbol.iterator in files) return [...(files as Iterable<File | null>)].find((file) => file?.name === name);
  return Object.hasOwn(files, name) ? (files as Readonly<Record<string, FileContents>>)[name] : undefined;
}

/** Refuses a Git LFS pointer and a server's error page. No weights begin with the same bytes. */
function checked(bytes: Uint8Array): Uint8Array {
  const start = String.fromCharCode(...bytes.subarray(0, 24));
  if (start.startsWith("version https://git-lfs")) throw new Error("a Git LFS pointer: run `git lfs pull`");
  if (/^\s*<(!doctype|html)/i.test(start)) throw new Error("a page in HTML: is the file there?");
  return bytes;
}

/** The bytes of a Blob or a Response; null for another value. */
async function unpack(contents: Blob | Response): Promise<Uint8Array | null> {
  if (typeof contents?.arrayBuffer !== "function") return null;
  if ("ok" in contents && !contents.ok) throw new Error(`HTTP ${contents.status}`);
  return bytesIn(await contents.arrayBuffer());
}

function bad(name: string, contents: unknown, cause?: unknown): GruError {
  const expected = "an ArrayBuffer, a view of one, a Blob, a File or a Response";
  const why = cause === undefined ? "" : `, ${cause instanceof Error ? cause.message : String(cause)}`;
  return new GruError("bad-file", `files: expected ${name} to be ${expected}, got ${describeValue(contents)}${why}`, {
    cause,
  });
}
