import { GruError } from "../errors.js";

const PAGE_BYTES = 65536;

/** A cache line: what begins on one is read in the fewest pieces. */
const ALIGNMENT = 64;

/** How far beyond what it needs the module may read. */
const SLACK_BYTES = 1024;

/** What memory is part of: a module's instance, or `PlainBuffer`. */
export interface GrowingBuffer {
  readonly buffer: ArrayBuffer;
  /** @param numPages of 64 KiB; what was there stays */
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

/** Memory that is given out from the beginning and never taken back but all at once. */
export class CpuMemory {
  readonly #memory: GrowingBuffer;
  #end: number;
  #f32!: Float32Array;
  #i32!: Int32Array;
  #bytes!: Uint8Array;

  /** @param start the first byte that is not the module's own */
  constructor(memory: GrowingBuffer, start: number) {
    this.#memory = memory;
    this.#end = start;
    this.#look();
  }

  /** Everything as float32, for the element `address / 4`. Not to be kept: memory that grows moves. */
  get f32(): Float32Array {
    return this.#f32;
  }

  get i32(): Int32Array {
    return this.#i32;
  }

  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** Where the next allocation will begin; `release` goes back to it. */
  get end(): number {
    return this.#end;
  }

  /** Gives back all that was allocated from `end` on. */
  release(end: number): void {
    this.#end = end;
  }

  /** @returns an address @throws GruError `limit-exceeded` when there is no more */
  allocate(sizeBytes: number): number {
    const address = Math.ceil(this.#end / ALIGNMENT) * ALIGNMENT;
    const end = address + sizeBytes;
    const missingBytes = end + SLACK_BYTES - this.#memory.buffer.byteLength;
    if (missingBytes > 0) {
      try {
        this.#memory.grow(Math.ceil(missingBytes / PAGE_BYTES));
      } catch (cause) {
        const message = `CPU memory: expected room for ${end} bytes of weights and work space, got ${String(cause)}; run shorter pieces or smaller batches`;
        throw new GruError("limit-exceeded", message, { cause });
      }
      this.#look();
    }
    this.#end = end;
    return address;
  }

  #look(): void {
    const { buffer } = this.#memory;
    this.#f32 = new Float32Array(buffer);
    this.#i32 = new Int32Array(buffer);
    this.#bytes = new Uint8Array(buffer);
  }
}
