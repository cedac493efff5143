import { DTYPES, readNumbers } from "../dtype.js";
import { numElements, type Tensor } from "../tensor.js";
import { badHdf5, type FileBytes, NO_ADDRESS, unsupportedHdf5 } from "./fileBytes.js";
import { readDataSpace, readDataType } from "./dataType.js";
import { findMessage, MESSAGE, type Message } from "./objectHeader.js";

/** Whether an object is a dataset: a group has no dataspace. */
export function isDataset(messages: readonly Message[]): boolean {
  return messages.some(({ type }) => Math.abs(type) === MESSAGE.dataspace);
}

/**
 * Reads an array of floats, widened to float32.
 *
 * @param path of the dataset, for messages
 * @throws GruError `bad-file`, `unsupported` for other numbers, and for data in chunks or in another file
 */
export function readDataset(file: FileBytes, messages: readonly Message[], path: string): Tensor {
  const shape = readDataSpace(file, findMessage(messages, MESSAGE.dataspace, `${path}: dataspace`).start);
  const type = readDataType(file, findMessage(messages, MESSAGE.datatype, `${path}: datatype`).start);
  if (type.kind !== "float") {
    throw unsupportedHdf5(`${path}: expected floats, got ${type.kind === "other" ? type.name : "text"}`);
  }
  if (messages.some((message) => message.type === MESSAGE.externalFiles)) {
    throw unsupportedHdf5(`${path}: expected its data in this file, got a reference to another file`);
  }
  const sizeBytes = numElements(shape) * type.sizeBytes;
  const { start, storedBytes } = findData(file, findMessage(messages, MESSAGE.layout, `${path}: layout`), path);
  if (storedBytes !== sizeBytes) {
    throw badHdf5(`${path}: expected ${sizeBytes} bytes for [${shape.join(", ")}], got ${storedBytes}`);
  }
  const dtype = FLOATS[type.sizeBytes];
  const bytes = sizeBytes === 0 ? new Uint8Array() : file.take(start, sizeBytes, path);
  return { shape, values: readNumbers(dtype, bytes, file.mayKeep), storage: dtype.storage };
}

/** Formats of floats, by the size of an element. */
const FLOATS = { 2: DTYPES.get("F16")!, 4: DTYPES.get("F32")!, 8: DTYPES.get("F64")! };

const LAYOUTS = ["compact", "contiguous", "in chunks", "virtual"];

function findData(file: FileBytes, { start }: Message, path: string): { start: number; storedBytes: number } {
  const version = file.uint8(start, "a layout");
  const layout = LAYOUTS[file.uint8(start + 1, "a layout")] ?? "unknown";
  if (version !== 3 && version !== 4) throw unsupportedHdf5(`${path}: expected layout version 3 or 4, got ${version}`);
  if (layout === "compact") return { start: start + 4, storedBytes: file.uint16(start + 2, "a layout") };
  if (layout !== "contiguous") {
    throw unsupportedHdf5(`${path}: expected contiguous data, as Keras writes it, got data ${layout}`);
  }
  const address = file.uint64(start + 2, "a layout");
  if (address >= NO_ADDRESS) return { start: 0, storedBytes: 0 }; // the data was never written
  return { start: address, storedBytes: file.uint64(start + 10, "a layout") };
}
