import { GruError } from "../../errors.js";
import { quote } from "../quote.js";
import { storageBytes, type TorchStorage } from "./torchTensor.js";

/** A pickled object, and the bytes of its storages. */
export interface Container {
  readonly root: unknown;
  /** `module.name` of the first class in the pickle that is no part of a state_dict; null without one. */
  readonly firstForeign: string | null;
  readonly isBigEndian: boolean;
  /** @throws GruError `bad-file` when the bytes are not in the file, or not as many as the storage's size says */
  bytesOf(storage: TorchStorage): Uint8Array;
}

/** @throws GruError `bad-file` unless the file has exactly the storage's number of bytes */
export function checkStorage(storage: TorchStorage, sizeBytes: number | undefined): void {
  const expected = storageBytes(storage);
  if (sizeBytes === expected) return;
  const what = `${expected} bytes of ${storage.type} ${quote(storage.key)}`;
  throw new GruError("bad-file", `torch: expected ${what}, got ${sizeBytes ?? "none in the file"}`);
}
