import { GruError } from "../../errors.js";
import type { Tensor } from "../tensor.js";
import { ZipArchive } from "../zip.js";
import { parseNpy } from "./npyArray.js";

const ENDING = ".npy";

/**
 * Reads all arrays of a .npz file, by their names, in the order in which they were saved.
 *
 * @param mayKeep whether the arrays may use the memory of `bytes`
 * @throws GruError `bad-file`, `unsupported`
 */
export function readNpz(bytes: Uint8Array, mayKeep = false): Map<string, Tensor> {
  const archive = new ZipArchive(bytes);
  const arrays = new Map<string, Tensor>();
  for (const [path, entry] of archive.entries) {
    if (!path.endsWith(ENDING)) throw new GruError("bad-file", `npz: expected arrays alone, got "${path}"`);
    const name = path.slice(0, -ENDING.length);
    arrays.set(name, parseNpy(name, archive.read(entry), mayKeep));
  }
  return arrays;
}
