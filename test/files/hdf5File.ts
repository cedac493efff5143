// Writes HDF5 files as h5py lays them out with track_order: headers of version 1, a group's members as link messages.
// https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html

import { bytesOf } from "./pickleFile.js";

/** A group: texts about it, or lists of them, and its members. */
export interface Hdf5GroupParts {
  readonly attributes?: Readonly<Record<string, string | readonly string[]>>;
  readonly members: Readonly<Record<string, Hdf5Parts>>;
}

/** A group, or an array of float32. */
export type Hdf5Parts = Hdf5GroupParts | { readonly shape: readonly number[]; readonly values: Float32Array };

const SUPERBLOCK_BYTES = 96;
const NO_ADDRESS = Array<number>(8).fill(0xff);
const FLOAT32 = [0x11, 0x20, 0x1f, 0, ...uint(4, 4), ...uint(0, 2), ...uint(32, 2), 23, 8, 0, 23, ...uint(127, 4)];
const MESSAGE = { dataspace: 1, linkInfo: 2, datatype: 3, link: 6, layout: 8, groupInfo: 10, attribute: 12 };

/** A file of that root group. An object that is used several times is in the file once. */
export function hdf5File(root: Hdf5GroupParts): Uint8Array<ArrayBuffer> {
  const writer = new Writer();
  const address = writer.write(root);
  return writer.file(address);
}

class Writer {
  readonly #blocks: { readonly at: number; readonly bytes: ArrayLike<number> }[] = [];
  readonly #addresses = new Map<Hdf5Parts, number>();
  #end = SUPERBLOCK_BYTES;

  /** @returns the object's address */
  write(parts: Hdf5Parts): number {
    const address = this.#addresses.get(parts) ?? this.#write(parts);
    this.#addresses.set(parts, address);
    return address;
  }

  #write(parts: Hdf5Parts): number {
    if ("values" in parts) {
      const { shape, values } = parts;
      const layout = [3, 1, ...uint(this.#put(bytesOf(values)), 8), ...uint(values.byteLength, 8)];
      return this.#header([
        [MESSAGE.dataspace, dataspace(shape)],
        [MESSAGE.datatype, FLOAT32],
        [MESSAGE.layout, layout],
      ]);
    }
    const { attributes = {}, members } = parts;
    const links = Object.entries(members).map(([name, member]) => {
      const text = encode(name);
      return [MESSAGE.link, [1, 0, text.length, ...text, ...uint(this.write(member), 8)]] as const;
    });
    return this.#header([
      [MESSAGE.linkInfo, [0, 0, ...NO_ADDRESS, ...NO_ADDRESS]],
      [MESSAGE.groupInfo, [0, 0]],
      ...links,
      ...Object.entries(attributes).map(([name, text]) => [MESSAGE.attribute, attribute(name, text)] as const),
    ]);
  }

  file(root: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(this.#end);
    bytes.set([0x89, ...encode("HDF\r\n\x1a\n"), 0, 0, 0, 0, 0, 8, 8, 0, 4, 0, 16, 0, 0, 0, 0, 0]);
    bytes.set(
      [...uint(0, 8), ...NO_ADDRESS, ...uint(this.#end, 8), ...NO_ADDRESS, ...uint(0, 8), ...uint(root, 8)],
      24,
    );
    for (const block of this.#blocks) bytes.set(block.bytes, block.at);
    return bytes;
  }

  #header(messages: readonly (readonly [type: number, content: readonly number[]])[]): number {
    const encoded = messages.flatMap(([type, content]) => {
      const data = padded(content);
      return [...uint(type, 2), ...uint(data.length, 2), 0, 0, 0, 0, ...data];
    });
    return this.#put([
      1,
      0,
      ...uint(messages.length, 2),
      ...uint(1, 4),
      ...uint(encoded.length, 4),
      0,
      0,
      0,
      0,
      ...encoded,
    ]);
  }

  #put(bytes: ArrayLike<number>): number {
    const at = this.#end;
    this.#blocks.push({ at, bytes });
    this.#end += Math.ceil(bytes.length / 8) * 8;
    return at;
  }
}

function dataspace(shape: readonly number[]): number[] {
  return [1, shape.length, 0, 0, 0, 0, 0, 0, ...shape.flatMap((size) => uint(size, 8))];
}

const encode = (text: string) => [...new TextEncoder().encode(text)];

/** Texts of one length, ended by zeros. */
function attribute(name: string, text: string | readonly string[]): number[] {
  const texts = [text].flat().map(encode);
  const sizeBytes = Math.max(...texts.map(({ length }) => length)) + 1;
  const filled = texts.flatMap((item) => [...item, ...Array<number>(sizeBytes - item.length).fill(0)]);
  const type = [0x13, 0, 0, 0, ...uint(sizeBytes, 4)];
  const space = dataspace(typeof text === "string" ? [] : [texts.length]);
  const own = [...encode(name), 0];
  const sizes = [own, type, space].flatMap(({ length }) => uint(length, 2));
  return [1, 0, ...sizes, ...padded(own), ...padded(type), ...padded(space), ...filled];
}

/** To a multiple of eight bytes. */
function padded(bytes: readonly number[]): number[] {
  return [...bytes, ...Array<number>((8 - (bytes.length % 8)) % 8).fill(0)];
}

/** Little-endian. */
function uint(value: number, sizeBytes: number): number[] {
  return Array.from({ length: sizeBytes }, (_, i) => Math.floor(value / 256 ** i) % 256);
}
