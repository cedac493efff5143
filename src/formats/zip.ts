// Zip archives, such as .pt and .npz files: names and ranges from the central directory, contents one at a time.
// https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3 and 4.5.3 (zip64)

import { Inflate } from "fflate";
import { GruError } from "../errors.js";

/** One file in an archive. Its name is only a key, never a path on a disk. */
export interface ZipEntry {
  readonly name: string;
  /** 0 stored, 8 deflated */
  readonly method: number;
  readonly crc: number;
  readonly packedBytes: number;
  readonly sizeBytes: number;
  /** Offset of its local header, in bytes. */
  readonly headerOffset: number;
}

/** A state_dict has an entry for each storage, and at most 4096 tensors. */
const MAX_ENTRIES = 8192;
/**
 * Limit of unpacked bytes per byte of the archive. Deflate packs nearly constant data up to 1032 : 1, but weights at less than
 * 2 : 1, pruned ones at 3 : 1.
 */
const MAX_RATIO = 3;
/** Unpacked bytes allowed above that ratio: small archives may pack well. */
const SMALL_BYTES = 2 ** 24;
/** Packed bytes to unpack at once, in any entry and in a small one: at most 8 MB and 270 KB before the size is checked. */
const [INFLATE_BYTES, SMALL_INFLATE_BYTES] = [2 ** 13, 2 ** 8];

const END = { signature: 0x06054b50, sizeBytes: 22, maxCommentBytes: 65535 };
const END64 = { signature: 0x06064b50, sizeBytes: 56 };
const LOCATOR64 = { signature: 0x07064b50, sizeBytes: 20 };
const CENTRAL = { signature: 0x02014b50, sizeBytes: 46 };
const LOCAL = { signature: 0x04034b50, sizeBytes: 30 };
/** The value of a 32-bit field whose number is in the zip64 extra field, and the id of that field. */
const IN_ZIP64 = 0xffffffff;
const ZIP64_ID = 1;

const NAME_DECODER = new TextDecoder();

const STORED = 0;
const DEFLATED = 8;

/** Whether the bytes begin like a zip. */
export function isZip(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && viewOf(bytes).getUint32(0, true) === LOCAL.signature;
}

/** The entries of a zip, by name. `read` unpacks one. */
export class ZipArchive {
  readonly entries: ReadonlyMap<string, ZipEntry>;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  /** @throws GruError `bad-file` for bytes that are no zip, and for one above `MAX_ENTRIES` or `MAX_RATIO` */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
    const { numEntries, start } = this.#findDirectory();
    if (numEntries > MAX_ENTRIES) throw bad(`expected at most ${MAX_ENTRIES} entries, got ${numEntries}`);
    const entries = new Map<string, ZipEntry>();
    for (let i = 0, at = start; i < numEntries; i++) {
      const { entry, end } = this.#readCentral(at);
      if (entries.has(entry.name)) throw bad(`expected each name once, got "${entry.name}" twice`);
      entries.set(entry.name, entry);
      at = end;
    }
    this.entries = entries;
    this.#checkSizes();
  }

  /**
   * An entry's contents; for a stored entry a view of the archive's bytes.
   *
   * @throws GruError `bad-file` for contents of another size or checksum than in the directory
   */
  read({ name, method, crc, packedBytes, sizeBytes, headerOffset }: ZipEntry): Uint8Array {
    this.#expect(headerOffset, LOCAL, `the header of "${name}"`);
    const nameBytes = this.#view.getUint16(headerOffset + 26, true);
    const extraBytes = this.#view.getUint16(headerOffset + 28, true);
    const start = headerOffset + LOCAL.sizeBytes + nameBytes + extraBytes;
    if (start + packedBytes > this.#bytes.length) {
      throw bad(`"${name}" ends at byte ${start + packedBytes}, past the end of the file (${this.#bytes.length})`);
    }
    const packed = this.#bytes.subarray(start, start + packedBytes);
    const contents = method === DEFLATED ? inflate(name, packed, sizeBytes) : packed;
    // PyTorch writes 0 if it was told not to compute checksums.
    if (crc !== 0 && crc32(contents) !== crc) {
      throw bad(`"${name}": expected contents of CRC-32 ${hex(crc)}, got ${hex(crc32(contents))}: the file is damaged`);
    }
    return contents;
  }

  #findDirectory(): { numEntries: number; start: number } {
    const last = this.#bytes.length - END.sizeBytes;
    for (let at = last; at >= Math.max(0, last - END.maxCommentBytes); at--) {
      if (this.#view.getUint32(at, true) !== END.signature) continue;
      const locator = at - LOCATOR64.sizeBytes;
      if (locator >= 0 && this.#view.getUint32(locator, true) === LOCATOR64.signature) {
        const end64 = this.#uint64(locator + 8);
        this.#expect(end64, END64, "the zip64 end of the directory");
        return { numEntries: this.#uint64(end64 + 32), start: this.#uint64(end64 + 48) };
      }
      return { numEntries: this.#view.getUint16(at + 10, true), start: this.#view.getUint32(at + 16, true) };
    }
    throw bad("expected a directory at the end, got none: is the file cut off?");
  }

  #readCentral(at: number): { entry: ZipEntry; end: number } {
    this.#expect(at, CENTRAL, "an entry of the directory");
    const view = this.#view;
    const [flags, method] = [view.getUint16(at + 8, true), view.getUint16(at + 10, true)];
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((field) => view.getUint16(at + field, true)) as [
      number,
      number,
      number,
    ];
    const nameStart = at + CENTRAL.sizeBytes;
    const extraStart = nameStart + nameBytes;
    const end = extraStart + extraBytes + commentBytes;
    if (end > this.#bytes.length) throw bad(`expected the directory inside the file, got an entry to byte ${end}`);
    const name = NAME_DECODER.decode(this.#bytes.subarray(nameStart, extraStart));
    if (flags & 1) throw new GruError("unsupported", `zip: "${name}": encrypted entries are not supported`);
    if (method !== STORED && method !== DEFLATED) {
      const expected = "contents stored or deflated";
      throw new GruError("unsupported", `zip: "${name}": expected ${expected}, got compression ${method}`);
    }
    const fields = [24, 20, 42].map((field) => view.getUint32(at + field, true));
    const [sizeBytes, packedBytes, headerOffset] = this.#widen(name, fields, extraStart, extraStart + extraBytes) as [
      number,
      number,
      number,
    ];
    return { entry: { name, method, crc: view.getUint32(at + 16, true), packedBytes, sizeBytes, headerOffset }, end };
  }

  /** Replaces fields of value IN_ZIP64 by numbers of the zip64 extra field, which has only those, in the same order. */
  #widen(name: string, fields: number[], start: number, end: number): number[] {
    if (!fields.includes(IN_ZIP64)) return fields;
    for (let at = start; at + 4 <= end;) {
      const [id, sizeBytes] = [this.#view.getUint16(at, true), this.#view.getUint16(at + 2, true)];
      let from = at + 4;
      at = from + sizeBytes;
      if (id !== ZIP64_ID || at > end) continue;
      const wide = fields.map((field) => (field !== IN_ZIP64 ? field : this.#uint64((from += 8) - 8)));
      if (from <= at) return wide;
    }
    throw bad(`"${name}": expected its sizes in a zip64 field, got none`);
  }

  #checkSizes(): void {
    let unpacked = 0;
    for (const { name, method, packedBytes, sizeBytes } of this.entries.values()) {
      unpacked += sizeBytes;
      if (method === STORED && packedBytes !== sizeBytes) {
        throw bad(`"${name}": expected one size for stored contents, got ${packedBytes} and ${sizeBytes} bytes`);
      }
    }
    const length = this.#bytes.length;
    const most = SMALL_BYTES + MAX_RATIO * length;
    if (unpacked > most) {
      throw bad(`expected at most ${most} bytes unpacked, as a file of ${length} bytes may have, got ${unpacked}`);
    }
    // Entries must not overlap: weights may use their memory.
    const inOrder = [...this.entries.values()].sort((a, b) => a.headerOffset - b.headerOffset);
    for (const [i, { name, headerOffset }] of inOrder.entries()) {
      const before = inOrder[i - 1];
      const end = before ? before.headerOffset + LOCAL.sizeBytes + before.packedBytes : 0;
      if (headerOffset < end)
        throw bad(
          `expected "${before!.name}" to end before "${name}" at byte ${headerOffset}, got an end at byte ${end}`,
        );
    }
  }

  #expect(at: number, { signature, sizeBytes }: { signature: number; sizeBytes: number }, what: string): void {
    const isInside = at + sizeBytes <= this.#bytes.length;
    if (isInside && this.#view.getUint32(at, true) === signature) return;
    throw bad(`expected ${what} at byte ${at}, got ${isInside ? "something else" : "the end of the file"}`);
  }

  /** Infinity past the end of the file, which every check of a range refuses. */
  #uint64(at: number): number {
    return at + 8 <= this.#bytes.length ? Number(this.#view.getBigUint64(at, true)) : Infinity;
  }
}

/** Unpacks an entry. It stops at the first byte above `sizeBytes`. */
function inflate(name: string, packed: Uint8Array, sizeBytes: number): Uint8Array {
  const contents = new Uint8Array(sizeBytes);
  let length = 0;
  const inflater = new Inflate((part) => {
    if (length + part.length > sizeBytes) throw bad(`"${name}": expected ${sizeBytes} bytes unpacked, got more`);
    contents.set(part, length);
    length += part.length;
  });
  try {
    const step = Math.min(Math.max(SMALL_INFLATE_BYTES, sizeBytes), INFLATE_BYTES);
    for (let start = 0; start < packed.length; start += step) {
      const end = start + step;
      inflater.push(packed.subarray(start, end), end >= packed.length);
    }
  } catch (cause) {
    if (cause instanceof GruError) throw cause;
    throw new GruError("bad-file", `zip: "${name}": expected deflated contents, got ${String(cause)}`, { cause });
  }
  if (length === sizeBytes) return contents;
  throw bad(`"${name}": expected ${sizeBytes} bytes unpacked, got ${length}`);
}

/** CRC-32 of each byte. */
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

function crc32(bytes: Uint8Array): number {
  let crc = -1;
  for (let i = 0; i < bytes.length; i++) crc = CRC_TABLE[(crc ^ bytes[i]!) & 0xff]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

function viewOf({ buffer, byteOffset, length }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, length);
}

function hex(crc: number): string {
  return crc.toString(16).padStart(8, "0");
}

function bad(message: string): GruError {
  return new GruError("bad-file", `zip: ${message}`);
}
