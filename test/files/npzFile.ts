// Writes .npz files, good ones and lies.

import { bytesOf, zip } from "./pickleFile.js";

/** An array of float32. */
export interface NpzArray {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** A .npz file of arrays by their names, in that order, not compressed. */
export function npzFile(arrays: Readonly<Record<string, NpzArray>>): Uint8Array<ArrayBuffer> {
  return zip(Object.fromEntries(Object.entries(arrays).map(([name, array]) => [`${name}.npy`, npy(array)])));
}

/** An array as numpy saves it. @param header what it says of itself; the truth when absent */
export function npy({ shape, values }: NpzArray, header = describe(shape)): Uint8Array {
  const length = [header.length & 0xff, header.length >> 8];
  const text = [...`\x93NUMPY\x01\x00`].map((character) => character.charCodeAt(0));
  const start = [...text, ...length, ...new TextEncoder().encode(header)];
  const bytes = new Uint8Array(start.length + values.byteLength);
  bytes.set(start);
  bytes.set(bytesOf(values), start.length);
  return bytes;
}

function describe(shape: readonly number[]): string {
  const sizes = shape.map((size) => `${size},`).join(" ");
  return `{'descr': '<f4', 'fortran_order': False, 'shape': (${sizes}), }\n`;
}
