import { GruError } from "../../errors.js";
import type { Tensor } from "../tensor.js";
import { leftOutNotes, mayLeaveOut } from "../wholeNumbers.js";
import { isZip, ZipArchive } from "../zip.js";
import { findStateDict } from "./checkpoint.js";
import { listNames } from "../names.js";
import type { TorchModule } from "./moduleTree.js";
import { openOldContainer } from "./oldContainer.js";
import { dequantised } from "./quantised.js";
import { readTensor, type TorchTensor } from "./torchTensor.js";
import { openZipContainer } from "./zipContainer.js";

/** The tensors of a .pt file, and notes on where in it they were. */
export interface PtFile {
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** The whole module, where the file has one. */
  readonly module: TorchModule | null;
  readonly notes: readonly string[];
}

/**
 * Limit of the elements of all different views. Overlapping views could have far more elements than the file has bytes. The
 * limit is the number of float16 elements in a file of that size, and 32 MB of float32 more for small files.
 */
const MAX_ELEMENTS_PER_BYTE = 0.5;
const SPARE_ELEMENTS = 2 ** 23;

/**
 * Reads the state_dict in a .pt or .pth file of torch.save.
 *
 * @param isDescribed whether the caller passed a description
 * @param mayKeep whether the tensors may use the memory of `bytes`
 * @throws GruError `bad-file`, `unsupported`
 */
export function readPtFile(bytes: Uint8Array, isDescribed: boolean, mayKeep: boolean): PtFile {
  const container = isZip(bytes) ? openZipContainer(new ZipArchive(bytes), bytes.length) : openOldContainer(bytes);
  const { tensors: found, module, notes } = findStateDict(container, isDescribed);
  const kept = [...found].filter(([name, { isFloat }]) => isFloat || !mayLeaveOut(name, isDescribed));
  const views = new Map(kept.map(([, tensor]) => [viewOf(tensor), tensor]));
  checkSharing([...views.values()], bytes.length);
  const { isBigEndian } = container;
  const read = (name: string, tensor: TorchTensor, isPart = false): Tensor => {
    const { quantizer } = tensor;
    const mayBeWhole = isPart || quantizer !== null;
    const bytesOf = () => container.bytesOf(tensor.storage);
    const plain = readTensor(name, tensor, bytesOf, { isBigEndian, mayKeep, mayBeWhole });
    if (quantizer === null) return plain;
    const values = dequantised(plain, quantizer, (part) => read(name, part, true).values);
    return { ...plain, values, storage: "f32" };
  };
  // Tied weights are read once.
  const numbers = new Map<string, Tensor>();
  const tensors = new Map<string, Tensor>();
  for (const [name, tensor] of kept) {
    const view = viewOf(tensor);
    if (!numbers.has(view)) numbers.set(view, read(name, tensor));
    tensors.set(name, numbers.get(view)!);
  }
  const leftOut = [...found.keys()].filter((name) => !tensors.has(name));
  const quantised = [...tensors.keys()].filter((name) => found.get(name)!.quantizer !== null);
  return { tensors, module, notes: [...notes, ...quantisedNotes(quantised), ...leftOutNotes(leftOut)] };
}

function quantisedNotes(names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const rounding = "PyTorch rounds what such weights are multiplied by, too, which is not done here";
  return [`Quantised, read as the numbers that they stand for: ${listNames(names)}; ${rounding}.`];
}

/** A key for a tensor's view: tensors with the same key have the same numbers. */
function viewOf({ storage, offset, shape, strides, quantizer }: TorchTensor): string {
  const scale =
    quantizer === null || quantizer.axis === null
      ? quantizer
      : [quantizer.axis, viewOf(quantizer.scale), viewOf(quantizer.zeroPoint)];
  return JSON.stringify([storage.key, storage.type, offset, shape, strides, scale]);
}

function checkSharing(tensors: readonly TorchTensor[], sizeBytes: number): void {
  const limit = Math.floor(MAX_ELEMENTS_PER_BYTE * sizeBytes) + SPARE_ELEMENTS;
  const numElements = tensors.reduce((sum, tensor) => sum + tensor.numElements, 0);
  if (numElements <= limit) return;
  const expected = `at most ${limit} elements in a file of ${sizeBytes} bytes`;
  throw new GruError("bad-file", `torch: expected ${expected}, got ${numElements}`);
}
