// torch.save before PyTorch 1.6. Five pickles: a magic number, the protocol, the machine, the object, and the keys of its
// storages. Then each storage: a count of 8 bytes and the elements, little-endian on every machine. The pickle of a tensor by
// pickle.dump or joblib.dump holds such a file for each storage.

import { GruError } from "../../errors.js";
import { quote } from "../quote.js";
import { checkStorage, type Container } from "./container.js";
import { type PickleRules, readPickle, type Unpickled } from "./pickle.js";
import { STATE_DICT_RULES } from "./stateDictRules.js";
import { isStorage, readPersistentId, storageBytes, type TorchStorage } from "./torchTensor.js";

const MAGIC_NUMBER = 0x1950a86a20f9469cfc6cn;
const PROTOCOL = 1001;
const COUNT_BYTES = 8;

/** Those of pickle.dump, which has the bytes of the storages in the pickle. */
const PLAIN_RULES: PickleRules = {
  ...STATE_DICT_RULES,
  globals: new Map([...STATE_DICT_RULES.globals, ["torch.storage._load_from_bytes", loadFromBytes]]),
};

/**
 * Opens a file of the old torch.save, or of pickle.dump.
 *
 * @throws GruError `bad-file`, `unsupported` for a pickle of another program that cannot be read
 */
export function openOldContainer(bytes: Uint8Array): Container {
  const first = readPickle(bytes, PLAIN_RULES);
  if (first.value === MAGIC_NUMBER) return openContainer(bytes, first);
  return {
    root: first.value,
    firstForeign: first.firstForeign,
    isBigEndian: false,
    bytesOf(storage) {
      checkStorage(storage, storage.bytes?.length);
      return storage.bytes!;
    },
  };
}

/** @param magic the file's first pickle */
function openContainer(bytes: Uint8Array, magic: Unpickled): Container {
  const storages = new Map<string, TorchStorage>();
  const load = (id: unknown) => {
    const object = readPersistentId(id);
    if (isStorage(object)) storages.set(object.key, object);
    return object;
  };
  const next = (start: number) => readPickle(bytes, { ...STATE_DICT_RULES, load }, start);
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
    firstForeign: object.firstForeign,
    isBigEndian: false,
    bytesOf(storage) {
      const own = contents.get(storage.key);
      checkStorage(storage, own?.length);
      return own!;
    },
  };
}

/** Storages by their bytes: a pickle can name the same bytes many times. */
const loaded = new WeakMap<Uint8Array, TorchStorage>();

/** The storage of a file inside a pickle. */
function loadFromBytes([bytes]: readonly unknown[]): TorchStorage {
  if (!(bytes instanceof Uint8Array)) throw bad(`expected the bytes of a storage, got ${typeof bytes}`);
  const storage = loaded.get(bytes) ?? readStorageFile(bytes);
  loaded.set(bytes, storage);
  return storage;
}

function readStorageFile(bytes: Uint8Array): TorchStorage {
  const magic = readPickle(bytes, STATE_DICT_RULES);
  if (magic.value !== MAGIC_NUMBER) throw bad(`expected a storage in a file of torch.save, got ${quote(magic.value)}`);
  const { root, bytesOf } = openContainer(bytes, magic);
  if (!isStorage(root)) throw bad(`expected a storage in a file of torch.save, got ${quote(root)}`);
  // Keys are unique in a file; here each storage has a file of its own.
  return { ...root, key: `at byte ${bytes.byteOffset}`, bytes: bytesOf(root) };
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
