// Writes safetensors files, good ones and lies.

/** A tensor to write: its numbers in the dtype's own array; F16 and BF16 are given as their bits. */
export interface FileTensor {
  /** "F32" when absent. */
  readonly dtype?: string;
  readonly shape: readonly number[];
  readonly values: Float32Array | Float64Array | Uint16Array | Int8Array | BigInt64Array;
}

export interface FileParts {
  readonly tensors: Iterable<readonly [name: string, tensor: FileTensor]>;
  readonly metadata?: Readonly<Record<string, string>>;
  /** Whether the data begins at an odd byte, where no typed array of two bytes or more may begin. */
  readonly isOdd?: boolean;
}

/** A good file: tensors one after the other, in the order given. */
export function safetensorsFile({ tensors, metadata, isOdd = false }: FileParts): Uint8Array<ArrayBuffer> {
  const entries: [string, unknown][] = metadata === undefined ? [] : [["__metadata__", metadata]];
  const data: Uint8Array[] = [];
  let start = 0;
  for (const [name, { dtype = "F32", shape, values }] of tensors) {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    entries.push([name, { dtype, shape, data_offsets: [start, start + bytes.length] }]);
    data.push(bytes);
    start += bytes.length;
  }
  let header = JSON.stringify(Object.fromEntries(entries));
  if ((encode(header).length % 2 === 1) !== isOdd) header += " ";
  return rawSafetensors(header, joinBytes(data));
}

/**
 * A file of any header and data.
 *
 * @param headerBytes length that the file gives its header; the true one when absent
 */
export function rawSafetensors(
  header: string | Uint8Array,
  data: Uint8Array = new Uint8Array(),
  headerBytes?: number,
): Uint8Array<ArrayBuffer> {
  const text = typeof header === "string" ? encode(header) : header;
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(headerBytes ?? text.length), true);
  return joinBytes([length, text, data]);
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function joinBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let start = 0;
  for (const part of parts) {
    joined.set(part, start);
    start += part.length;
  }
  return joined;
}
