// torch.save before PyTorch 1.6: pickles one after the other, which are a magic number, the protocol, the machine, the object
// and the keys of its storages; then each storage, as a count of 8 bytes and its elements, little-endian on every machine.

import { GruError } from "../../errors.js";
import { quote } from "../quote.js";
import { checkStorage, type Container } from "./container.js";
import { readPickle } from "./pickle.js";
import { SAVE_STATE_DICT } from "./foreign.js";
import { STATE_DICT_RULES } from "./stateDictRules.js";
import { readStorageId, storageBytes, type TorchStorage } from "./torchTensor.js";

const MAGIC_NUMBER = 0x1950a86a20f9469cfc6cn;
const PROTOCOL = 1001;
const COUNT_BYTES = 8;

/** @throws GruError `bad-file`, `unsupported` for a pickle that torch.save did not write and for what no state_dict holds */
export function openOldContainer(bytes: Uint8Array): Container {
  const storages = new Map<string, TorchStorage>();
  const load = (id: unknown) => {
    const storage = readStorageId(id);
    storages.set(storage.key, storage);
    return storage;
  };
  const next = (start: number) => readPickle(bytes, { ...STATE_DICT_RULES, load }, start);
  const magic = next(0);
  if (magic.value !== MAGIC_NUMBER) {
    const expected = "a file of torch.save, which begins with its magic number";
    throw new GruError("unsupported", `torch: expected ${expected}, got another pickle; ${SAVE_STATE_DICT}`);
  }
  const protocol = next(magic.end);
  if (protocol.value !== PROTOCOL) {
    throw new GruError("unsupported", `torch: expected protocol ${PROTOCOL}, got ${quote(protocol.value)}`);
  }
  const machine = next(protocol.end);
  const object = next(machine.end);
  const keys = next(object.end);
  if (!Array.isArray(keys.value)) {
    throw new GruError("bad-file", `torch: expected a list of storage keys, got ${quote(keys.value)}`);
  }
  const places = placeStorages(bytes, keys.end, keys.value, storages);
  return {
    root: object.value,
    isBigEndian: false,
    bytesOf(storage) {
      const place = places.get(storage.key);
      checkStorage(storage, place?.length);
      return place!;
    },
  };
}

/** Where each storage lies. @param start of the first */
function placeStorages(
  bytes: Uint8Array,
  start: number,
  keys: readonly unknown[],
  storages: ReadonlyMap<string, TorchStorage>,
): Map<string, Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const places = new Map<string, Uint8Array>();
  let at = start;
  for (const key of keys) {
    const storage = storages.get(key as string);
    // The width of an element is its type's, which only a tensor that has it tells.
    if (storage === undefined) throw bad(`expected storage ${quote(key)} to be some tensor's, got none`);
    const from = at + COUNT_BYTES;
    at = from + storageBytes(storage);
    if (at > bytes.length) {
      throw bad(`storage ${quote(key)} ends at byte ${at}, past the end of the file (${bytes.length})`);
    }
    const count = view.getBigUint64(from - COUNT_BYTES, true);
    if (count !== BigInt(storage.numElements)) {
      throw bad(`expected ${storage.numElements} elements in storage ${quote(key)}, got ${count}`);
    }
    places.set(storage.key, bytes.subarray(from, at));
  }
  return places;
}

function bad(message: string): GruError {
  return new GruError("bad-file", `torch: ${message}`);
}
