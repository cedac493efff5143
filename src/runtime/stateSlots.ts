import { stepsAt } from "../layers/cadence.js";
import { initialStateOf } from "../model/network.js";
import type { NetworkLayout, StateBuffer, StateRow } from "../plan/networkLayout.js";
import type { BufferPlan } from "../plan/plan.js";
import type { GpuResources } from "./gpuResources.js";
import type { Arrival, Readback } from "./readback.js";

/**
 * The hidden states of a session, in one buffer [slots, 2, S]: the layers side by side, as the layout says.
 *
 * A slot has two states, and each step, or chunk, reads one and writes the other. Which of them is the present one is known
 * here, by counting: nothing is read back for it.
 */
export class StateSlots {
  readonly #resources: GpuResources;
  readonly #layout: NetworkLayout;
  /** The state that a row begins with, [S]. */
  readonly #initial: Float32Array<ArrayBuffer>;
  #buffer: GPUBuffer;
  /** 0 or 1 for each slot, of each beat: which of its two states is the present one. */
  #present: readonly Uint8Array[];

  constructor(resources: GpuResources, numSlots: number) {
    this.#resources = resources;
    this.#layout = resources.layout;
    const initial = initialStateOf(resources.network);
    this.#initial = initial === null ? new Float32Array(this.#layout.stateSize) : this.#pad(initial);
    this.#present = this.#layout.beats.map(() => new Uint8Array(numSlots));
    this.#buffer = this.#allocate(numSlots);
  }

  get numSlots(): number {
    return this.#present[0]!.length;
  }

  /** All states, or a layer's: from its part of the first slot on. */
  binding(plan: BufferPlan): GPUBufferBinding {
    const buffer = this.#buffer;
    if (plan === this.#layout.states) return { buffer };
    return { buffer, offset: (plan as StateBuffer).start * Float32Array.BYTES_PER_ELEMENT };
  }

  /** Index of a slot's present state of a beat, as the kernels take it: 2 * slot + which of its two states. */
  stateIndex(slot: number, beat: number): number {
    return 2 * slot + this.#present[beat]![slot]!;
  }

  /** Notes that a slot was advanced by a chunk of so many steps. */
  advance(slot: number, numSteps: number): void {
    this.#layout.beats.forEach(
      (beat, i) => (this.#present[i]![slot]! ^= beat === "chunk" ? 1 : stepsAt(beat, numSteps) & 1),
    );
  }

  /** @param state [D, size] of each block, one after the other; the network's initial one when null */
  write(slot: number, state: Float32Array | null): void {
    for (const present of this.#present) present[slot] = 0;
    const padded = state === null ? this.#initial : this.#pad(state);
    this.#queue.writeBuffer(this.#buffer, slot * this.#slotBytes, padded);
  }

  /** @param states [D, B, size] of each block, one after the other, B = numSlots; the initial one in each slot when null */
  writeAll(states: Float32Array | null): void {
    for (const present of this.#present) present.fill(0);
    const { stateSize } = this.#layout;
    const padded = new Float32Array(2 * this.numSlots * stateSize);
    if (states === null) {
      for (let slot = 0; slot < this.numSlots; slot++) padded.set(this.#initial, 2 * slot * stateSize);
    } else {
      this.#eachRow(this.numSlots, ({ size, offset }, start, slot) => {
        padded.set(states.subarray(start, start + size), 2 * slot * stateSize + offset);
      });
    }
    this.#queue.writeBuffer(this.#buffer, 0, padded);
  }

  copy(from: number, to: number): void {
    const { gpu } = this.#resources;
    const size = this.#slotBytes;
    const encoder = gpu.createCommandEncoder({ label: "webgru.copyState" });
    // A buffer cannot be copied onto itself.
    const usage = GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    const between = gpu.createBuffer({ label: "webgru.copyState", size, usage });
    encoder.copyBufferToBuffer(this.#buffer, from * size, between, 0, size);
    encoder.copyBufferToBuffer(between, 0, this.#buffer, to * size, size);
    this.#queue.submit([encoder.finish()]);
    between.destroy(); // once the copies are done
    for (const present of this.#present) present[to] = present[from]!;
  }

  /**
   * Records a copy of the states of the first `numSlots` slots from `first` on.
   *
   * @param target [D, B, size] of each block, one after the other, B = numSlots; filled when the copy arrives
   */
  read(encoder: GPUCommandEncoder, readback: Readback, first: number, numSlots: number, target: Float32Array): Arrival {
    // As it is now, not when the copy arrives.
    const present = this.#present.map((slots) => slots.slice(first, first + numSlots));
    const reading = readback.copy(encoder, this.#buffer, numSlots * this.#slotBytes, first * this.#slotBytes);
    const put = (padded: Float32Array) => {
      this.#eachRow(numSlots, ({ size, offset, beat }, start, slot) => {
        const from = (2 * slot + present[beat]![slot]!) * this.#layout.stateSize + offset;
        target.set(padded.subarray(from, from + size), start);
      });
    };
    return { reading, put };
  }

  /** @throws GruError `limit-exceeded`, with everything as it was */
  grow(numSlots: number): void {
    const before = this.#buffer;
    this.#buffer = this.#allocate(numSlots);
    const encoder = this.#resources.gpu.createCommandEncoder({ label: "webgru.grow" });
    encoder.copyBufferToBuffer(before, 0, this.#buffer, 0, before.size);
    this.#queue.submit([encoder.finish()]);
    before.destroy();
    this.#present = this.#present.map((present) => {
      const grown = new Uint8Array(numSlots);
      grown.set(present);
      return grown;
    });
  }

  dispose(): void {
    this.#buffer.destroy();
  }

  /** A state of one row with each row of it padded, [S]. */
  #pad(state: Float32Array): Float32Array<ArrayBuffer> {
    const padded = new Float32Array(this.#layout.stateSize);
    for (const { size, start, offset } of this.#layout.stateRows) {
      padded.set(state.subarray(start, start + size), offset);
    }
    return padded;
  }

  get #queue(): GPUQueue {
    return this.#resources.gpu.queue;
  }

  /** Both states of a slot. */
  get #slotBytes(): number {
    return this.#layout.states.sizeBytes;
  }

  /** Every row of the states of `numSlots` slots; `start` is its first element in [D, B, size] of each block. */
  #eachRow(numSlots: number, visit: (row: StateRow, start: number, slot: number) => void): void {
    for (const row of this.#layout.stateRows) {
      for (let slot = 0; slot < numSlots; slot++) visit(row, numSlots * row.start + slot * row.size, slot);
    }
  }

  #allocate(numSlots: number): GPUBuffer {
    const size = numSlots * this.#slotBytes;
    this.#resources.checkSize(this.#layout.states.label, size, `${numSlots} states`);
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    return this.#resources.gpu.createBuffer({ label: `webgru.${this.#layout.states.label}`, size, usage });
  }
}
