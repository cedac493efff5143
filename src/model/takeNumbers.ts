import { GruError } from "../errors.js";
import { describeValue } from "./valueKind.js";

/** The `length` of a caller's array. @throws GruError `shape-mismatch` for a value that is no array of numbers */
export function lengthOf(values: ArrayLike<number>, what: string): number {
  try {
    const { length } = values;
    const isBig = values instanceof BigInt64Array || values instanceof BigUint64Array;
    if (typeof values === "object" && !isBig && Number.isSafeInteger(length) && length >= 0) return length;
  } catch {
    // null, or a getter that throws
  }
  throw new GruError("shape-mismatch", `${what}: expected an array of numbers, got ${describeValue(values)}`);
}

/** A length for a message, or the words "a detached buffer", whose length says nothing. */
export function describeLength(values: ArrayLike<number>, length: number): string {
  const kind = describeValue(values);
  return kind.endsWith("detached buffer") ? kind : String(length);
}

/**
 * Copies a caller's array. Each element is read once: a getter or another thread may change it.
 *
 * @param length from `lengthOf`
 * @throws GruError `bad-input` for an element that is no number (a nested array, a string, a hole), `limit-exceeded`
 */
export function copyNumbers(values: ArrayLike<number>, length: number, what: string): Float64Array {
  let copy: Float64Array;
  try {
    copy = new Float64Array(length);
  } catch (cause) {
    throw new GruError("limit-exceeded", `${what}: expected an array that memory can hold, got ${length} elements`, {
      cause,
    });
  }
  for (let i = 0; i < length; i++) {
    const value = elementOf(values, i);
    if (typeof value !== "number") {
      const got = Array.isArray(value) ? "an array; flatten the input" : describeValue(value);
      throw new GruError("bad-input", `${what}: expected a number at element ${i}, got ${got}`);
    }
    copy[i] = value;
  }
  return copy;
}

function elementOf(values: ArrayLike<unknown>, i: number): unknown {
  try {
    return values[i];
  } catch {
    return values; // the message names its kind
  }
}
