import type { GpuResources } from "./gpuResources.js";

/** Chunks submitted and not read back yet: one computing, one being copied, one being read. */
export const MAX_CHUNKS_IN_FLIGHT = 3;

/** A copy on its way to the CPU. */
export interface Reading {
  /** Reads the numbers; call it once, after the copy was submitted. */
  read(): Promise<Float32Array>;
}

/** A copy on its way to the CPU, and what to do with its numbers. */
export interface Arrival {
  readonly reading: Reading;
  put(padded: Float32Array): void;
}

/**
 * Staging buffers for reading results back, reused: after warm-up nothing is allocated.
 *
 * Several may be in flight at once, so that the GPU works on one chunk while the CPU reads the one before.
 */
export class Readback {
  readonly #resources: GpuResources;
  readonly #all = new Set<GPUBuffer>();
  readonly #free: GPUBuffer[] = [];

  constructor(resources: GpuResources) {
    this.#resources = resources;
  }

  /** Records a copy of `sizeBytes` of `source`, from `offsetBytes` on. */
  copy(encoder: GPUCommandEncoder, source: GPUBuffer, sizeBytes: number, offsetBytes = 0): Reading {
    const staging = this.#take(sizeBytes);
    encoder.copyBufferToBuffer(source, offsetBytes, staging, 0, sizeBytes);
    return { read: () => this.#read(staging, sizeBytes) };
  }

  /**
   * Waits for copies that were submitted, and puts all their numbers where they belong.
   *
   * @param isStreamed whether somebody waits for each step, so that the browser is worth a nudge
   * @throws GruError `device-lost`: a failed map leaves the states in doubt, whatever the browser calls it
   */
  async read(arrivals: readonly Arrival[], isStreamed = false): Promise<void> {
    const reads = Promise.all(arrivals.map(({ reading }) => reading.read()));
    const { loss, nudge } = this.#resources;
    const parts = await loss.told(isStreamed ? nudge.wait(reads) : reads).catch((cause: unknown) => {
      throw loss.error(cause);
    });
    arrivals.forEach(({ put }, i) => put(parts[i]!));
  }

  dispose(): void {
    for (const buffer of this.#all) buffer.destroy();
    this.#all.clear();
    this.#free.length = 0;
  }

  async #read(staging: GPUBuffer, sizeBytes: number): Promise<Float32Array> {
    await staging.mapAsync(GPUMapMode.READ, 0, sizeBytes);
    const values = new Float32Array(staging.getMappedRange(0, sizeBytes)).slice();
    staging.unmap();
    this.#free.push(staging);
    return values;
  }

  #take(sizeBytes: number): GPUBuffer {
    const index = this.#free.findIndex((buffer) => buffer.size >= sizeBytes);
    if (index >= 0) return this.#free.splice(index, 1)[0]!;
    const { gpu } = this.#resources;
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
    // A power of two, so that chunks of slightly different lengths share a buffer.
    const size = Math.min(2 ** Math.ceil(Math.log2(sizeBytes)), gpu.limits.maxBufferSize);
    const buffer = gpu.createBuffer({ label: "webgru.staging", size, usage });
    this.#all.add(buffer);
    return buffer;
  }
}
