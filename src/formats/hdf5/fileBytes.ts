import { GruError } from "../../errors.js";

/** The undefined address of HDF5: all bits set. */
export const NO_ADDRESS = Number(2n ** 64n - 1n);

/** The range of a text in a global heap, in bytes. */
export interface HeapObject {
  readonly start: number;
  readonly size: number;
}

/** Reads allowed for any file. A small file of Keras takes some thousands. */
const MIN_READS = 2 ** 16;
/** Bytes of the file for each further read, which take 10 ms per megabyte. Structures that do not overlap need fewer reads. */
const BYTES_PER_READ = 2;
/** The cost of decoding a text, in reads. */
const READS_PER_TEXT = 16;

/**
 * A file's bytes, little-endian. Nothing is read past their end. Reads are counted: a malicious file could refer to one
 * structure many times, or in a cycle, and take far more time than its size warrants.
 */
export class FileBytes {
  /** Whether the tensors may use this memory. */
  readonly mayKeep: boolean;
  /** The global heaps read so far, by address: objects by index. */
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
      `${what}: expected at most ${most} reads in a file of ${this.length} bytes, got more: its structures overlap`,
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

  /** An address or a length. It is rounded above 2^53, which is past any file's end. */
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
   * Contents to keep, as a view. Their total size is at most that of the file: with many names for the same bytes, a malicious
   * file could take far more memory than its size warrants.
   */
  take(at: number, sizeBytes: number, what: string): Uint8Array {
    const bytes = this.slice(at, sizeBytes, what);
    this.#numTaken += sizeBytes;
    if (this.#numTaken <= this.length) return bytes;
    throw badHdf5(`${what}: expected at most the file's ${this.length} bytes of contents, got more: they overlap`);
  }

  text(at: number, sizeBytes: number, what: string): string {
    this.#count(READS_PER_TEXT, what);
    return new TextDecoder().decode(this.slice(at, sizeBytes, what));
  }

  /** @throws GruError `bad-file` unless the bytes at `at` are the signature */
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
