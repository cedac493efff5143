// torch.save before PyTorch 1.6. Five pickles: a magic number, the protocol, the machine, the object, and the keys of its
// storages. Then each storage: a count of 8 bytes and the elements, little-endian on every machine.

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

/** @throws GruError `bad-file`, `unsupported` for a pickle of another program, or with objects that no state_dict has */
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
  const contents = readStorages(bytes, keys.end, keys.value, storages);
  return {
    root: object.value,
    isBigEndian: false,
    bytesOf(storage) {
      const own = contents.get(storage.key);
      checkStorage(storage, own?.length);
      return own!;
    },
  };
}

/** The bytes of each storage, by its key. @param start offset of the first */
function readStorages(
  bytes: Uint8Array,
  start: number,
  keys: readonly unknown[],
  storages: ReadonlyMap<string, TorchStorage>,
): Map<string, Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const contents = new Map<string, Uint8Array>();
  let at = start;
  for (const key of keys) {
    const storage = storages.get(key as string);
    // Only a tensor of a storage tells its type, and so the size of its elements.
    if (storage === undefined) throw bad(`storage ${quote(key)} belongs to no tensor`);
    const from = at + COUNT_BYTES;
    at = from + storageBytes(storage);
    if (at > bytes.length) {
      throw bad(`storage ${quote(key)} ends at byte ${at}, past the end of the file (${bytes.length})`);
    }
    const count = view.getBigUint64(from - COUNT_BYTES, true);
    if (count !== BigInt(storage.numElements)) {
      throw bad(`expected ${storage.numElements} elements in storage ${quote(key)}, got ${count}`);
    }
    contents.set(storage.key, bytes.subarray(from, at));
  }
  return contents;
}

function bad(message: string): GruError {
  return new GruError("bad-file", `torch: ${message}`);
}
