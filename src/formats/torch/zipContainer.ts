// torch.save since PyTorch 1.6: a zip of the pickle, `<root>/data.pkl`, a file `<root>/data/<key>` for each storage, and since
// 2.1 `<root>/byteorder`, "little" or "big".

import { GruError } from "../../errors.js";
import { quote } from "../quote.js";
import type { ZipArchive, ZipEntry } from "../zip.js";
import { checkStorage, type Container } from "./container.js";
import { readPickle } from "./pickle.js";
import { STATE_DICT_RULES } from "./stateDictRules.js";

const PICKLE = "data.pkl";

/**
 * @param fileBytes size of the file
 * @throws GruError `bad-file`, `unsupported` for a TorchScript archive
 */
export function openZipContainer(archive: ZipArchive, fileBytes: number): Container {
  const { entries } = archive;
  const pickles = [...entries.keys()].filter((name) => name === PICKLE || name.endsWith(`/${PICKLE}`));
  if (pickles.length !== 1) {
    throw new GruError("bad-file", `torch: expected one ${PICKLE} in the zip, got ${quote([...entries.keys()])}`);
  }
  const root = pickles[0]!.slice(0, -PICKLE.length);
  if (entries.has(`${root}constants.pkl`)) {
    const wayOut = 'save the state_dict in Python: torch.save(torch.jit.load("model.pt").state_dict(), "state.pt")';
    throw new GruError("unsupported", `torch: expected a state_dict, got a TorchScript archive; ${wayOut}`);
  }
  const pickle = readPickle(archive.read(entries.get(pickles[0]!)!), STATE_DICT_RULES, 0, fileBytes);
  const read = new Map<ZipEntry, Uint8Array>();
  return {
    root: pickle.value,
    firstForeign: pickle.firstForeign,
    isBigEndian: isBigEndian(archive, entries.get(`${root}byteorder`)),
    bytesOf(storage) {
      const entry = entries.get(`${root}data/${storage.key}`);
      checkStorage(storage, entry?.sizeBytes);
      // Unpacked and checked once, even if several tensors share the storage.
      if (!read.has(entry!)) read.set(entry!, archive.read(entry!));
      return read.get(entry!)!;
    },
  };
}

function isBigEndian(archive: ZipArchive, entry: ZipEntry | undefined): boolean {
  const order = entry === undefined ? "little" : new TextDecoder().decode(archive.read(entry));
  if (order === "little" || order === "big") return order === "big";
  throw new GruError("bad-file", `torch: expected byteorder little or big, got ${quote(order)}`);
}
