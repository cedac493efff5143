/** Something to send, with the buffers that go over instead of being copied. */
export interface Parcel<T> {
  readonly value: T;
  readonly transfer: readonly ArrayBuffer[];
}

/**
 * An array as it goes to the worker: a copy of its own part, whose buffer goes over. Numbers in a plain array become
 * float64, which holds them exactly; what holds other things goes as it is, for the worker to refuse.
 *
 * @param isGiven whether the caller gives the array's buffer away, the whole of it; it is then empty for the caller
 */
export function packArray<T>(array: T, isGiven = false): Parcel<T> {
  if (ArrayBuffer.isView(array)) return packView(array, isGiven) as Parcel<T>;
  const numbers = toNumbers(array);
  return numbers === null ? { value: array, transfer: [] } : { value: numbers as T, transfer: [numbers.buffer] };
}

/** Bytes as they go to the worker; see `packArray`. */
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
  // Empty, perhaps because it was given away before: such a one cannot be sent.
  if (view.byteLength === 0) return { value: new Uint8Array(), transfer: [] };
  if (isGiven && view.buffer instanceof ArrayBuffer) return { value: view, transfer: [view.buffer] };
  if (view instanceof DataView) return { value: view, transfer: [] };
  // The method that all types of array share; a subclass may have one that does not copy.
  const copy = Uint8Array.prototype.slice.call(view as Uint8Array);
  return { value: copy, transfer: [copy.buffer as ArrayBuffer] };
}

function toNumbers(array: unknown): Float64Array<ArrayBuffer> | null {
  if (typeof array !== "object" || array === null || !("length" in array)) return null;
  const values = array as ArrayLike<unknown>;
  for (let i = 0; i < values.length; i++) if (typeof values[i] !== "number") return null;
  return Float64Array.from(values as ArrayLike<number>);
}
