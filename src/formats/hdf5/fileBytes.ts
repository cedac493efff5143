import { GruError } from "../../errors.js";

/** What HDF5 writes where there is no address: all bits set. */
export const NO_ADDRESS = Number(2n ** 64n - 1n);

/** A file's bytes, little-endian; nothing is read past their end, and what the file asks to be read twice is counted. */
export class FileBytes {
  /** Whether they may become the memory of what is read. */
  readonly mayKeep: boolean;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #numTaken = 0;

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
    if (at + sizeBytes <= this.length) return;
    const end = at >= NO_ADDRESS ? "no address" : `byte ${at + sizeBytes}`;
    throw badHdf5(`expected ${what} inside the file's ${this.length} bytes, got one to ${end}`);
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
