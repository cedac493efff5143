import type { Network } from "../model/network.js";
import { WEIGHTS_BUFFER } from "../plan/plan.js";
import { weightArena } from "../plan/weightArena.js";

/** The weights of a network on the GPU, written once: in one buffer where the device binds one that large. */
export class WeightBuffers {
  readonly #bindings = new Map<string, GPUBufferBinding>();
  readonly #buffers: GPUBuffer[] = [];

  /** @param maxBytes of one buffer @param program of the network, where it has one */
  constructor(device: GPUDevice, network: Network, maxBytes: number, program: Uint32Array<ArrayBuffer> | null) {
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    const allocate = (label: string, size: number) => {
      const buffer = device.createBuffer({ label: `webgru.${label}`, size, usage });
      this.#buffers.push(buffer);
      return buffer;
    };
    const { parts, sizeBytes } = weightArena(network, program);
    const arena = sizeBytes <= maxBytes ? allocate(WEIGHTS_BUFFER, sizeBytes) : null;
    if (arena !== null) this.#bindings.set(WEIGHTS_BUFFER, { buffer: arena });
    for (const { label, offsetBytes, sizeBytes: size, pack } of parts) {
      const offset = arena === null ? 0 : offsetBytes;
      const buffer = arena ?? allocate(label, size);
      this.#bindings.set(label, { buffer, offset, size });
      device.queue.writeBuffer(buffer, offset, pack());
    }
  }

  /** @param label of a weight, or of all */
  binding(label: string): GPUBufferBinding | undefined {
    return this.#bindings.get(label);
  }

  dispose(): void {
    for (const buffer of this.#buffers) buffer.destroy();
  }
}
