// Values of a model file in JSON, each with its place in the file for messages.

import { GruError } from "../../errors.js";
import { MAX_NESTED, numNested } from "../nesting.js";
import { quote } from "../quote.js";
import type { Tensor } from "../tensor.js";

/** An object of a file. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Deepest lists: of a kernel of a convolution. */
const MAX_RANK = 3;

/** @throws GruError `bad-file` */
export function parseJson(bytes: Uint8Array): JsonObject {
  const text = new TextDecoder().decode(bytes);
  // Parsing deep nesting could overflow the stack, and small lists take many times their length in memory.
  if (numNested(text) > MAX_NESTED) {
    throw new GruError("bad-file", `json: expected at most ${MAX_NESTED} objects and lists, got ${numNested(text)}`);
  }
  let json: unknown;
  try {
    json = JSON.parse(text.replace(/^\ufeff/, ""));
  } catch (cause) {
    throw new GruError("bad-file", `json: expected JSON, got ${String(cause).slice(0, 100)}`, { cause });
  }
  return objectOf(json, "json");
}

/** @throws GruError `bad-file` */
export function objectOf(value: unknown, what: string): JsonObject {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw bad(what, "an object", value);
}

/** @throws GruError `bad-file` */
export function listOf(value: unknown, what: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw bad(what, "a list", value);
}

/** A size, of at least 1. @throws GruError `bad-file` */
export function sizeOf(value: unknown, what: string): number {
  if (Number.isSafeInteger(value) && (value as number) > 0) return value as number;
  throw bad(what, "a whole number from 1 on", value);
}

/** Lists in lists of numbers as a tensor. @throws GruError `bad-file` unless all lists of a level are equally long */
export function tensorOf(value: unknown, what: string): Tensor {
  const shape: number[] = [];
  for (let level = value; Array.isArray(level); level = level[0]) {
    shape.push(level.length);
    if (shape.length > MAX_RANK) throw bad(what, `numbers in lists, at most ${MAX_RANK} deep`, value);
  }
  const numbers: number[] = [];
  collect(value, shape, 0, numbers, what);
  return { shape, values: Float32Array.from(numbers), storage: "f32" };
}

/** Adds the numbers of `value`, which is `depth` lists deep. */
function collect(value: unknown, shape: readonly number[], depth: number, numbers: number[], what: string): void {
  if (depth === shape.length) {
    if (typeof value !== "number") throw bad(what, "numbers", value);
    numbers.push(value);
    return;
  }
  if (!Array.isArray(value) || value.length !== shape[depth]) {
    throw bad(what, `lists of shape [${shape.join(", ")}]`, value);
  }
  for (const item of value) collect(item, shape, depth + 1, numbers, what);
}

/** @throws GruError `shape-mismatch` */
export function checkShape(tensor: Tensor, expected: readonly number[], what: string): void {
  if (tensor.shape.join() === expected.join()) return;
  const [wanted, got] = [expected, tensor.shape].map((shape) => `[${shape.join(", ")}]`);
  throw new GruError("shape-mismatch", `${what}: expected shape ${wanted}, got ${got}`);
}

/** An error about a value of the file. */
export function bad(what: string, expected: string, got: unknown): GruError {
  return new GruError("bad-file", `${what}: expected ${expected}, got ${quote(got)}`);
}
