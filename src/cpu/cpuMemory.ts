import { GruError } from "../errors.js";

const PAGE_BYTES = 65536;

/** A cache line. An array that begins at one touches the fewest lines. */
export const LINE_BYTES = 64;

/** The module may read this far past the end of an array. */
const SLACK_BYTES = 1024;

/** The next multiple of `unit`. */
export function roundUp(size: number, unit: number): number {
  return Math.ceil(size / unit) * unit;
}

/** A WebAssembly.Memory, or a `PlainBuffer`. */
export interface GrowingBuffer {
  readonly buffer: ArrayBuffer;
  /** Keeps the contents. @param numPages of 64 KiB, to add */
  grow(numPages: number): unknown;
}

/** Memory without a module, for the layers that run in plain JavaScript. */
export class PlainBuffer implements GrowingBuffer {
  buffer = new ArrayBuffer(0);

  grow(numPages: number): void {
    const larger = new Uint8Array(this.buffer.byteLength + numPages * PAGE_BYTES);
    larger.set(new Uint8Array(this.buffer));
    this.buffer = larger.buffer;
  }
}

/** Gives out memory from the beginning on; `release` takes the end of it back. */
export class CpuMemory {
  readonly #memory: GrowingBuffer;
  #end: number;
  #f32!: Float32Array;
  #i32!: Int32Array;
  #bytes!: Uint8Array;

  /** @param start the first byte after the module's own data */
  constructor(memory: GrowingBuffer, start: number) {
    this.#memory = memory;
    this.#end = start;
    this.#view();
  }

  /** All of the memory: an address is element `address / 4`. Do not keep it: memory moves when it grows. */
  get f32(): Float32Array {
    return this.#f32;
  }

  get i32(): Int32Array {
    return this.#i32;
  }

  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** The end of the allocations, for `release`. */
  get end(): number {
    return this.#end;
  }

  /** Takes back everything that was allocated from `end` on. */
  release(end: number): void {
    this.#end = end;
  }

  /** @returns an address @throws GruError `limit-exceeded` when the memory cannot grow */
  allocate(sizeBytes: number): number {
    const address = roundUp(this.#end, LINE_BYTES);
    const end = address + sizeBytes;
    const missingBytes = end + SLACK_BYTES - this.#memory.buffer.byteLength;
    if (missingBytes > 0) {
      try {
        this.#memory.grow(Math.ceil(missingBytes / PAGE_BYTES));
      } catch (cause) {
        const message = `CPU memory: no room for ${end} bytes of weights and work space (${String(cause)}); run shorter sequences or smaller batches`;
        throw new GruError("limit-exceeded", message, { cause });
      }
      this.#view();
    }
    this.#end = end;
    return address;
  }

  #view(): void {
    const { buffer } = this.#memory;
    this.#f32 = new Float32Array(buffer);
    this.#i32 = new Int32Array(buffer);
    this.#bytes = new Uint8Array(buffer);
  }
}
