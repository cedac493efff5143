import { MAX_RANK } from "../tensor.js";
import { type FileBytes, unsupportedHdf5 } from "./fileBytes.js";

/** The type of an element; Keras writes floats and texts. */
export type DataType =
  | { readonly kind: "float"; readonly sizeBytes: 2 | 4 | 8 }
  | { readonly kind: "text"; readonly sizeBytes: number }
  /** A text whose bytes are in a global heap. */
  | { readonly kind: "heap text"; readonly sizeBytes: 16 }
  | { readonly kind: "other"; readonly sizeBytes: number; readonly name: string };

const CLASSES = ["integer", "float", "time", "string", "bitfield", "opaque", "compound", "reference", "enum", "vlen"];

/** Bits of exponent and mantissa in IEEE 754, by the size in bytes. */
const IEEE = new Map([
  [2, [5, 10]],
  [4, [8, 23]],
  [8, [11, 52]],
]);

/** Reads a datatype message. @throws GruError `bad-file`, `unsupported` for floats other than little-endian IEEE 754 */
export function readDataType(file: FileBytes, at: number): DataType {
  const bits = file.uint32(at, "a datatype");
  const sizeBytes = file.uint32(at + 4, "a datatype");
  const name = CLASSES[bits & 15] ?? `class ${bits & 15}`;
  if (name === "string") return { kind: "text", sizeBytes };
  if (name === "vlen" && ((bits >> 8) & 15) === 1 && sizeBytes === 16) return { kind: "heap text", sizeBytes };
  if (name !== "float") return { kind: "other", sizeBytes, name };
  const [exponent, mantissa] = [file.uint8(at + 13, "a datatype"), file.uint8(at + 15, "a datatype")];
  const isIeee = IEEE.get(sizeBytes)?.join() === [exponent, mantissa].join();
  if (!isIeee || (bits >> 8) & 0x41) {
    const got = `${sizeBytes} bytes, ${exponent} + ${mantissa} bits${(bits >> 8) & 1 ? ", big-endian" : ""}`;
    throw unsupportedHdf5(`datatype: expected little-endian floats of IEEE 754, got ${got}`);
  }
  return { kind: "float", sizeBytes: sizeBytes as 2 | 4 | 8 };
}

/**
 * Reads a dataspace message: the sizes of an array, none for a single value.
 *
 * @throws GruError `bad-file`, `unsupported` for another version or rank
 */
export function readDataSpace(file: FileBytes, at: number): number[] {
  const version = file.uint8(at, "a dataspace");
  const rank = file.uint8(at + 1, "a dataspace");
  if (version !== 1 && version !== 2) throw unsupportedHdf5(`dataspace: expected version 1 or 2, got ${version}`);
  if (rank > MAX_RANK) throw unsupportedHdf5(`dataspace: expected at most ${MAX_RANK} axes, got ${rank}`);
  if (version === 2 && file.uint8(at + 3, "a dataspace") === 2) return [0]; // a null dataspace
  const start = at + (version === 1 ? 8 : 4);
  return Array.from({ length: rank }, (_, axis) => file.uint64(start + 8 * axis, "a dataspace"));
}
