import { paddedSize } from "../kernels/kernelSpec.js";
import { type GruLayer, gruLayers, numDirections } from "../model/network.js";
import type { GpuResources } from "./gpuResources.js";
import type { Arrival, Readback } from "./readback.js";
import { padRows } from "./rows.js";

/**
 * The hidden states of a session: one buffer [slots, 2, D, H] for each GRU layer, rows padded.
 *
 * A slot has two states, and each step reads one and writes the other. Which of them is the present one is known here,
 * by counting steps: nothing is read back for it.
 */
export class StateSlots {
  readonly #resources: GpuResources;
  readonly #layers: readonly GruLayer[];
  #buffers: Map<GruLayer, GPUBuffer>;
  /** 0 or 1 for each slot: which of its two states is the present one. */
  #present: Uint8Array;

  constructor(resources: GpuResources, numSlots: number) {
    this.#resources = resources;
    this.#layers = gruLayers(resources.network);
    this.#present = new Uint8Array(numSlots);
    this.#buffers = this.#allocate(numSlots);
  }

  get numSlots(): number {
    return this.#present.length;
  }

  /** The buffer of a layer's states, by its label in the plan. */
  buffer(label: string): GPUBuffer | undefined {
    const layer = this.#layers.find(({ name }) => label === `${name}.state`);
    return layer && this.#buffers.get(layer);
  }

  /** Where a slot's state is, as the kernels take it: 2 * slot + which of its two states. */
  place(slot: number): number {
    return 2 * slot + this.#present[slot]!;
  }

  /** Notes that a slot was advanced by a number of steps. */
  advance(slot: number, numSteps: number): void {
    this.#present[slot]! ^= numSteps & 1;
  }

  /** @param state [D, H] of each layer, one after the other; zeros when null */
  write(slot: number, state: Float32Array | null): void {
    this.#present[slot] = 0;
    let start = 0;
    for (const layer of this.#layers) {
      const { hiddenSize } = layer;
      const numRows = numDirections(layer);
      const rows = state
        ? padRows(state, start, hiddenSize, numRows)
        : new Float32Array(numRows * paddedSize(hiddenSize));
      this.#queue.writeBuffer(this.#buffers.get(layer)!, slot * slotBytes(layer), rows);
      start += numRows * hiddenSize;
    }
  }

  /** @param states [D, B, H] of each layer, one after the other, B = numSlots; zeros when null */
  writeAll(states: Float32Array | null): void {
    this.#present.fill(0);
    let start = 0;
    for (const layer of this.#layers) {
      const { hiddenSize } = layer;
      const stride = paddedSize(hiddenSize);
      const directions = numDirections(layer);
      const rows = new Float32Array((this.numSlots * slotBytes(layer)) / Float32Array.BYTES_PER_ELEMENT);
      for (let row = 0; row < (states === null ? 0 : directions * this.numSlots); row++) {
        const [direction, slot] = [Math.floor(row / this.numSlots), row % this.numSlots];
        const values = states!.subarray(start + row * hiddenSize, start + (row + 1) * hiddenSize);
        rows.set(values, (2 * slot * directions + direction) * stride);
      }
      this.#queue.writeBuffer(this.#buffers.get(layer)!, 0, rows);
      start += directions * this.numSlots * hiddenSize;
    }
  }

  copy(from: number, to: number): void {
    const encoder = this.#resources.gpu.createCommandEncoder({ label: "webgru.copyState" });
    const copies = this.#layers.map((layer) => {
      // A buffer cannot be copied onto itself.
      const between = this.#resources.gpu.createBuffer({
        label: "webgru.copyState",
        size: slotBytes(layer),
        usage: GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
      });
      const buffer = this.#buffers.get(layer)!;
      encoder.copyBufferToBuffer(buffer, from * slotBytes(layer), between, 0, slotBytes(layer));
      encoder.copyBufferToBuffer(between, 0, buffer, to * slotBytes(layer), slotBytes(layer));
      return between;
    });
    this.#queue.submit([encoder.finish()]);
    for (const between of copies) between.destroy(); // once the copies are done
    this.#present[to] = this.#present[from]!;
  }

  /**
   * Records copies of the states of the first `numSlots` slots from `first` on.
   *
   * @param target [D, B, H] of each layer, one after the other, B = numSlots; filled when the copies arrive
   */
  read(
    encoder: GPUCommandEncoder,
    readback: Readback,
    first: number,
    numSlots: number,
    target: Float32Array,
  ): Arrival[] {
    const present = this.#present.slice(first, first + numSlots); // as it is now, not when the copy arrives
    let end = 0;
    return this.#layers.map((layer) => {
      const { hiddenSize } = layer;
      const directions = numDirections(layer);
      const start = end;
      end += directions * numSlots * hiddenSize;
      const buffer = this.#buffers.get(layer)!;
      const reading = readback.copy(encoder, buffer, numSlots * slotBytes(layer), first * slotBytes(layer));
      const put = (padded: Float32Array) => {
        for (let row = 0; row < directions * numSlots; row++) {
          const [direction, slot] = [Math.floor(row / numSlots), row % numSlots];
          const from = ((2 * slot + present[slot]!) * directions + direction) * paddedSize(hiddenSize);
          target.set(padded.subarray(from, from + hiddenSize), start + row * hiddenSize);
        }
      };
      return { reading, put };
    });
  }

  /** @throws GruError `limit-exceeded`, with everything as it was */
  grow(numSlots: number): void {
    const before = this.#buffers;
    this.#buffers = this.#allocate(numSlots);
    const encoder = this.#resources.gpu.createCommandEncoder({ label: "webgru.grow" });
    for (const [layer, buffer] of before) {
      encoder.copyBufferToBuffer(buffer, 0, this.#buffers.get(layer)!, 0, buffer.size);
    }
    this.#queue.submit([encoder.finish()]);
    for (const buffer of before.values()) buffer.destroy();
    const present = new Uint8Array(numSlots);
    present.set(this.#present);
    this.#present = present;
  }

  dispose(): void {
    for (const buffer of this.#buffers.values()) buffer.destroy();
  }

  get #queue(): GPUQueue {
    return this.#resources.gpu.queue;
  }

  #allocate(numSlots: number): Map<GruLayer, GPUBuffer> {
    for (const layer of this.#layers) {
      this.#resources.checkSize(`${layer.name}.state`, numSlots * slotBytes(layer), `${numSlots} states`);
    }
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    const allocate = (layer: GruLayer): [GruLayer, GPUBuffer] => {
      const size = numSlots * slotBytes(layer);
      return [layer, this.#resources.gpu.createBuffer({ label: `webgru.${layer.name}.state`, size, usage })];
    };
    return new Map(this.#layers.map(allocate));
  }
}

/** Two states of every direction, padded. */
function slotBytes(layer: GruLayer): number {
  return 2 * numDirections(layer) * paddedSize(layer.hiddenSize) * Float32Array.BYTES_PER_ELEMENT;
}
