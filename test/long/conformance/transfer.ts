// Programs and outcomes as text, between Node and the page: JSON, with typed arrays in base64.

const KINDS = { Float64Array, Float32Array, Uint8Array };

type Kind = keyof typeof KINDS;

/** A typed array inside the JSON. */
interface Packed {
  readonly typedArray: Kind;
  readonly base64: string;
}

/** Bytes that one call of `String.fromCharCode` gets: its arguments are limited. */
const CHUNK_BYTES = 2 ** 14;

export function pack(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => {
    if (!ArrayBuffer.isView(item)) return item;
    const bytes = new Uint8Array(item.buffer, item.byteOffset, item.byteLength);
    let text = "";
    for (let start = 0; start < bytes.length; start += CHUNK_BYTES) {
      text += String.fromCharCode(...bytes.subarray(start, start + CHUNK_BYTES));
    }
    const typedArray = item instanceof Uint8Array ? "Uint8Array" : (item.constructor.name as Kind);
    return { typedArray, base64: btoa(text) } satisfies Packed;
  });
}

export function unpack<T>(text: string): T {
  return JSON.parse(text, (_key, item: unknown) => {
    if (typeof item !== "object" || item === null || !("typedArray" in item)) return item;
    const { typedArray, base64 } = item as Packed;
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    return new KINDS[typedArray](bytes.buffer);
  }) as T;
}
