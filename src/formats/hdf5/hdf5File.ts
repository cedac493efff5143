// The part of HDF5 that Keras's files need: groups, attributes that are texts, arrays of floats.
// https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html

import type { Tensor } from "../tensor.js";
import { Attributes } from "./attribute.js";
import { isDataset, readDataset } from "./dataset.js";
import { badHdf5, FileBytes, unsupportedHdf5 } from "./fileBytes.js";
import { readLinks } from "./links.js";
import { readObjectHeader } from "./objectHeader.js";

const SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

/** Whether the bytes begin like an HDF5 file. */
export function isHdf5(bytes: Uint8Array): boolean {
  return SIGNATURE.every((byte, i) => bytes[i] === byte);
}

/** The objects read so far, by their addresses: each is read once, and in memory once. */
interface ReadObjects {
  readonly datasets: Map<number, Tensor>;
  readonly groups: Map<number, GroupParts>;
}

interface GroupParts {
  readonly links: ReadonlyMap<string, number>;
  readonly attributes: Attributes;
}

function readGroup(file: FileBytes, address: number, path: string): GroupParts {
  const messages = readObjectHeader(file, address);
  if (isDataset(messages)) throw badHdf5(`${path}: expected a group, got a dataset`);
  return { links: readLinks(file, messages), attributes: new Attributes(file, messages) };
}

/** A group: its members and its attributes, by name. A member is read on demand. */
export class Hdf5Group {
  /** Path from the root, for messages. */
  readonly path: string;
  readonly #file: FileBytes;
  readonly #links: ReadonlyMap<string, number>;
  readonly #attributes: Attributes;
  readonly #read: ReadObjects;

  constructor(
    file: FileBytes,
    address: number,
    path: string,
    read: ReadObjects = { datasets: new Map(), groups: new Map() },
  ) {
    this.path = path;
    this.#file = file;
    this.#read = read;
    const known = read.groups.get(address);
    const { links, attributes } = known ?? readGroup(file, address, path);
    if (known === undefined) read.groups.set(address, { links, attributes });
    this.#links = links;
    this.#attributes = attributes;
  }

  get names(): string[] {
    return [...this.#links.keys()];
  }

  /** A group inside this one; null when there is none. @param path names separated by "/" */
  find(path: string): Hdf5Group | null {
    const [name, ...rest] = path.split("/") as [string];
    const address = this.#links.get(name);
    if (address === undefined) return null;
    const group = new Hdf5Group(this.#file, address, `${this.path}/${name}`, this.#read);
    return rest.length === 0 ? group : group.find(rest.join("/"));
  }

  /** @throws GruError `bad-file` when there is none, else as `readDataset` */
  dataset(path: string): Tensor {
    const parts = path.split("/");
    const name = parts.pop()!;
    const group = parts.length === 0 ? this : this.find(parts.join("/"));
    const address = group === null ? undefined : group.#links.get(name);
    if (address === undefined) throw badHdf5(`${this.path}/${path}: expected a dataset, got none`);
    const tensor =
      this.#read.datasets.get(address) ??
      readDataset(this.#file, readObjectHeader(this.#file, address), `${this.path}/${path}`);
    this.#read.datasets.set(address, tensor);
    return tensor;
  }

  /** Whether the group has an attribute of that name. */
  has(name: string): boolean {
    return this.#attributes.has(name);
  }

  /** An attribute that is one text; null when there is none. @throws GruError as `Attributes.read` */
  text(name: string): string | null {
    const value = this.#attributes.read(name);
    if (Array.isArray(value)) throw badHdf5(`${this.path}: expected attribute "${name}" to be one text, got a list`);
    return value;
  }

  /** An attribute that is a list of texts, or the joined lists of the attributes `name0`, `name1`... Null when there is none. */
  texts(name: string): string[] | null {
    const whole = this.#attributes.read(name);
    if (whole !== null) return [whole].flat();
    const parts: string[] = [];
    for (let i = 0; ; i++) {
      const part = this.#attributes.read(`${name}${i}`);
      if (part === null) return i === 0 ? null : parts;
      parts.push(...[part].flat());
    }
  }
}

/**
 * Opens an HDF5 file.
 *
 * @param mayKeep whether the arrays may use the memory of `bytes`
 * @returns its root group
 * @throws GruError `bad-file`, `unsupported` for a superblock that h5py does not write
 */
export function parseHdf5(bytes: Uint8Array, mayKeep = false): Hdf5Group {
  const file = new FileBytes(bytes, mayKeep);
  if (!isHdf5(bytes)) throw badHdf5("expected a file that begins with \\x89HDF, got another");
  const version = file.uint8(8, "the superblock");
  if (version > 3) throw unsupportedHdf5(`superblock: expected version 0 to 3, got ${version}`);
  const isOld = version < 2;
  const [offsetBytes, lengthBytes] = [
    file.uint8(isOld ? 13 : 9, "the superblock"),
    file.uint8(isOld ? 14 : 10, "the superblock"),
  ];
  if (offsetBytes !== 8 || lengthBytes !== 8) {
    throw unsupportedHdf5(`superblock: expected addresses of 8 bytes, got ${offsetBytes} and ${lengthBytes}`);
  }
  const base = [24, 28, 12, 12][version]!;
  const end = file.uint64(base + 16, "the superblock");
  if (file.uint64(base, "the superblock") !== 0)
    throw unsupportedHdf5("superblock: files with a user block are not supported");
  if (end > bytes.length) throw badHdf5(`expected the file's ${end} bytes, got ${bytes.length}: is it cut off?`);
  const root = file.uint64(isOld ? base + 40 : base + 24, "the superblock");
  return new Hdf5Group(file, root, "");
}
