import { describeValue } from "../model/valueKind.js";

/** A value to send, with the buffers to transfer instead of copying. */
export interface Parcel<T> {
  readonly value: T;
  readonly transfer: readonly ArrayBuffer[];
}

/**
 * Packs an array for the worker: the elements are copied, and the copy's buffer is transferred. A plain array of numbers
 * becomes float64, which holds them exactly. Any other value is sent unchanged, for the worker to refuse.
 *
 * @param isGiven whether to transfer the array's own buffer instead; the caller's array is then empty
 */
export function packArray<T>(array: T, isGiven = false): Parcel<T> {
  if (ArrayBuffer.isView(array)) return packView(array, isGiven) as Parcel<T>;
  const numbers = toNumbers(array);
  return numbers === null ? { value: array, transfer: [] } : { value: numbers as T, transfer: [numbers.buffer] };
}

/** Packs an array, or the arrays that are an object's members, for the worker; see `packArray`. */
export function packArrays<T>(value: T, isGiven = false): Parcel<T> {
  if (describeValue(value) !== "an object" || "length" in (value as object)) return packArray(value, isGiven);
  const parcels = Object.entries(value as object).map(([name, each]) => [name, packArray(each, isGiven)] as const);
  return {
    value: Object.fromEntries(parcels.map(([name, parcel]) => [name, parcel.value])) as T,
    transfer: parcels.flatMap(([, { transfer }]) => transfer),
  };
}

/** Packs bytes for the worker; see `packArray`. */
export function packBytes(bytes: ArrayBuffer, isGiven: boolean): Parcel<ArrayBuffer> {
  const value = isGiven ? bytes : bytes.slice(0);
  return { value, transfer: [value] };
}

/** The buffers of all arrays in an answer, each once. */
export function buffersOf(value: unknown): ArrayBuffer[] {
  if (ArrayBuffer.isView(value)) return value.buffer instanceof ArrayBuffer ? [value.buffer] : [];
  const members = typeof value === "object" && value !== null ? Object.values(value) : [];
  return [...new Set(members.flatMap(buffersOf))];
}

function packView(view: ArrayBufferView, isGiven: boolean): Parcel<ArrayBufferView> {
  // A detached view is empty too, and cannot be sent.
  if (view.byteLength === 0) return { value: new Uint8Array(), transfer: [] };
  if (isGiven && view.buffer instanceof ArrayBuffer) return { value: view, transfer: [view.buffer] };
  if (view instanceof DataView) return { value: view, transfer: [] };
  // The method of all typed arrays: a subclass may have one that does not copy, as Node's Buffer does.
  const copy = Uint8Array.prototype.slice.call(view as Uint8Array);
  return { value: copy, transfer: [copy.buffer as ArrayBuffer] };
}

function toNumbers(array: unknown): Float64Array<ArrayBuffer> | null {
  if (typeof array !== "object" || array === null || !("length" in array)) return null;
  const values = array as ArrayLike<unknown>;
  for (let i = 0; i < values.length; i++) if (typeof values[i] !== "number") return null;
  return Float64Array.from(values as ArrayLike<number>);
}
