import { GruError } from "../../errors.js";
import type { Tensor } from "../tensor.js";
import { leftOutNotes, mayLeaveOut } from "../wholeNumbers.js";
import { isZip, ZipArchive } from "../zip.js";
import { findStateDict } from "./checkpoint.js";
import { openOldContainer } from "./oldContainer.js";
import { readTensor, type TorchTensor } from "./torchTensor.js";
import { openZipContainer } from "./zipContainer.js";

/** The tensors of a .pt file, and sentences on where in it they were. */
export interface PtFile {
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly notes: readonly string[];
}

/** Shared and expanded storages may give a file more numbers than it has bytes; weights tied once or twice do not. */
const MAX_ELEMENTS_PER_BYTE = 2;

/**
 * Reads the state_dict that torch.save wrote, as a .pt or .pth file.
 *
 * @param isDescribed whether the caller says which layers there are
 * @param mayKeep whether the bytes may become the tensors' own
 * @throws GruError `bad-file`, `unsupported`
 */
export function readPtFile(bytes: Uint8Array, isDescribed: boolean, mayKeep: boolean): PtFile {
  const container = isZip(bytes) ? openZipContainer(new ZipArchive(bytes)) : openOldContainer(bytes);
  const { tensors: found, notes } = findStateDict(container.root);
  const kept = [...found].filter(([name, { isFloat }]) => isFloat || !mayLeaveOut(name, isDescribed));
  checkSharing(kept, bytes.length);
  const tensors = kept.map(([name, tensor]) => {
    const { storage } = tensor;
    const { isBigEndian } = container;
    return [name, readTensor(name, tensor, () => container.bytesOf(storage), { isBigEndian, mayKeep })] as const;
  });
  const leftOut = [...found.keys()].filter((name) => !kept.some(([other]) => other === name));
  return { tensors: new Map(tensors), notes: [...notes, ...leftOutNotes(leftOut)] };
}

function checkSharing(tensors: readonly (readonly [string, TorchTensor])[], sizeBytes: number): void {
  const limit = MAX_ELEMENTS_PER_BYTE * sizeBytes;
  const numElements = tensors.reduce((sum, [, tensor]) => sum + tensor.numElements, 0);
  if (numElements <= limit) return;
  const expected = `at most ${limit} elements in a file of ${sizeBytes} bytes`;
  throw new GruError("bad-file", `torch: expected ${expected}, got ${numElements}`);
}
