// Writes protobuf messages. https://protobuf.dev/programming-guides/encoding/

/** Parts of a message, one after the other; weights among them are not copied. */
export interface Message {
  readonly chunks: readonly Uint8Array[];
  readonly numBytes: number;
}

/** Wire types. */
const [VARINT, DELIMITED, FIXED_32] = [0, 2, 5];

/** One message of several. */
export function message(...parts: readonly Message[]): Message {
  const chunks = parts.flatMap((part) => part.chunks);
  return { chunks, numBytes: parts.reduce((sum, part) => sum + part.numBytes, 0) };
}

/** A field that holds a message, a text or bytes. */
export function field(number: number, value: Message | Uint8Array | string): Message {
  const given = typeof value === "string" ? new TextEncoder().encode(value) : value;
  const inner = given instanceof Uint8Array ? { chunks: [given], numBytes: given.length } : given;
  return message(bytes(...varint(number * 8 + DELIMITED), ...varint(inner.numBytes)), inner);
}

/** A field that holds a whole number, of two's complement where it is negative. */
export function intField(number: number, value: number): Message {
  return bytes(...varint(number * 8 + VARINT), ...varint(value));
}

/** A field that holds a float32. */
export function floatField(number: number, value: number): Message {
  const tag = varint(number * 8 + FIXED_32);
  return bytes(...tag, ...new Uint8Array(Float32Array.of(value).buffer));
}

/** The bytes of a message. */
export function bytesOfMessage({ chunks, numBytes }: Message): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(numBytes);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

function bytes(...values: readonly number[]): Message {
  return { chunks: [Uint8Array.from(values)], numBytes: values.length };
}

function varint(value: number): number[] {
  let rest = BigInt.asUintN(64, BigInt(value));
  const digits: number[] = [];
  for (; rest > 127n; rest >>= 7n) digits.push(Number(rest & 127n) | 128);
  return [...digits, Number(rest)];
}
