import { GruError } from "../../errors.js";

/** What HDF5 writes where there is no address: all bits set. */
export const NO_ADDRESS = Number(2n ** 64n - 1n);

/** Where a text of a global heap is. */
export interface HeapObject {
  readonly start: number;
  readonly size: number;
}

/** Reads that any file may take. A small one of Keras takes some thousands. */
const MIN_READS = 2 ** 16;
/** And one for so many bytes. Headers, names and heaps that lie apart take fewer; that many take ten milliseconds a megabyte. */
const BYTES_PER_READ = 2;
/** A text costs this much more to decode than a number. */
const READS_PER_TEXT = 16;

/**
 * A file's bytes, little-endian; nothing is read past their end, and reads are counted: a structure that a file has in many
 * places, or that goes round in circles, is a way to ask for more time than its size is good for.
 */
export class FileBytes {
  /** Whether they may become the memory of what is read. */
  readonly mayKeep: boolean;
  /** The global heaps that were read, by address: objects by index. */
  readonly heaps = new Map<number, ReadonlyMap<number, HeapObject>>();
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #numTaken = 0;
  #numReads = 0;

  constructor(bytes: Uint8Array, mayKeep = false) {
    this.mayKeep = mayKeep;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get length(): number {
    return this.#bytes.length;
  }

  /** @throws GruError `bad-file` unless `sizeBytes` bytes at `at` are inside */
  check(at: number, sizeBytes: number, what: string): void {
    this.#count(1, what);
    if (at + sizeBytes <= this.length) return;
    const end = at >= NO_ADDRESS ? "no address" : `byte ${at + sizeBytes}`;
    throw badHdf5(`expected ${what} inside the file's ${this.length} bytes, got one to ${end}`);
  }

  #count(numReads: number, what: string): void {
    this.#numReads += numReads;
    const most = MIN_READS + Math.floor(this.length / BYTES_PER_READ);
    if (this.#numReads <= most) return;
    throw badHdf5(
      `${what}: expected structures that lie apart, at most ${most} reads in ${this.length} bytes, got more`,
    );
  }

  uint8(at: number, what: string): number {
    this.check(at, 1, what);
    return this.#view.getUint8(at);
  }

  uint16(at: number, what: string): number {
    this.check(at, 2, what);
    return this.#view.getUint16(at, true);
  }

  uint32(at: number, what: string): number {
    this.check(at, 4, what);
    return this.#view.getUint32(at, true);
  }

  /** Addresses and lengths; past 2^53 rounded, which is past any file's end. */
  uint64(at: number, what: string): number {
    this.check(at, 8, what);
    return Number(this.#view.getBigUint64(at, true));
  }

  /** A number of 1, 2, 4 or 8 bytes. */
  uint(at: number, sizeBytes: number, what: string): number {
    switch (sizeBytes) {
      case 1:
        return this.uint8(at, what);
      case 2:
        return this.uint16(at, what);
      case 4:
        return this.uint32(at, what);
      default:
        return this.uint64(at, what);
    }
  }

  /** A view, not a copy. */
  slice(at: number, sizeBytes: number, what: string): Uint8Array {
    this.check(at, sizeBytes, what);
    return this.#bytes.subarray(at, at + sizeBytes);
  }

  /**
   * Contents to keep, as a view. All that is kept of a file is no more than the file: many names for the same bytes
   * would be a way to ask for more memory than was sent.
   */
  take(at: number, sizeBytes: number, what: string): Uint8Array {
    const bytes = this.slice(at, sizeBytes, what);
    this.#numTaken += sizeBytes;
    if (this.#numTaken <= this.length) return bytes;
    throw badHdf5(`${what}: expected contents that lie apart, got more of them than the file's ${this.length} bytes`);
  }

  text(at: number, sizeBytes: number, what: string): string {
    this.#count(READS_PER_TEXT, what);
    return new TextDecoder().decode(this.slice(at, sizeBytes, what));
  }

  /** @throws GruError `bad-file` unless the four letters are there */
  expectSignature(at: number, signature: string, what: string): void {
    const got = this.text(at, signature.length, what);
    if (got !== signature) throw badHdf5(`expected ${what} at byte ${at} to begin "${signature}", got "${got}"`);
  }
}

export function badHdf5(message: string): GruError {
  return new GruError("bad-file", `hdf5: ${message}`);
}

export function unsupportedHdf5(message: string): GruError {
  return new GruError("unsupported", `hdf5: ${message}`);
}
