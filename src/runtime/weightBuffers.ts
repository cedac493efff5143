import type { NetworkLayout } from "../plan/networkLayout.js";
import type { BufferPlan } from "../plan/plan.js";

/** The weights of a network on the GPU, written once: in one buffer where the device binds one that large. */
export class WeightBuffers {
  readonly #bindings = new Map<BufferPlan, GPUBufferBinding>();
  readonly #buffers: GPUBuffer[] = [];

  constructor(device: GPUDevice, { weights, isOneBuffer, allWeights, allBiases }: NetworkLayout) {
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    const allocate = ({ label, sizeBytes: size }: BufferPlan) => {
      const buffer = device.createBuffer({ label: `webgru.${label}`, size, usage });
      this.#buffers.push(buffer);
      return buffer;
    };
    const all = isOneBuffer ? allocate(allWeights) : null;
    if (all !== null) for (const plan of [allWeights, allBiases]) this.#bindings.set(plan, { buffer: all });
    for (const weight of weights) {
      const offset = all === null ? 0 : weight.offsetBytes;
      const buffer = all ?? allocate(weight);
      this.#bindings.set(weight, { buffer, offset, size: weight.sizeBytes });
      device.queue.writeBuffer(buffer, offset, weight.pack());
    }
  }

  /** @param plan of a weight, or of all */
  binding(plan: BufferPlan): GPUBufferBinding | undefined {
    return this.#bindings.get(plan);
  }

  dispose(): void {
    for (const buffer of this.#buffers) buffer.destroy();
  }
}
