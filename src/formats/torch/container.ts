import { GruError } from "../../errors.js";
import { quote } from "../quote.js";
import { storageBytes, type TorchStorage } from "./torchTensor.js";

/** What torch.save wrote: the pickled object, and the bytes of its storages. */
export interface Container {
  readonly root: unknown;
  readonly isBigEndian: boolean;
  /** @throws GruError `bad-file` when they are not in the file, or not as many as its size says */
  bytesOf(storage: TorchStorage): Uint8Array;
}

/** @throws GruError `bad-file` unless the file has the storage's bytes, all of them and no more */
export function checkStorage(storage: TorchStorage, sizeBytes: number | undefined): void {
  const expected = storageBytes(storage);
  if (sizeBytes === expected) return;
  const what = `${expected} bytes of ${storage.type} ${quote(storage.key)}`;
  throw new GruError("bad-file", `torch: expected ${what}, got ${sizeBytes ?? "none in the file"}`);
}
