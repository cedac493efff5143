import { GruError } from "../errors.js";
import type { BufferPlan } from "../plan/plan.js";
import type { DeviceLoss } from "./deviceLoss.js";

/** Buffers of a plan, and their end. */
export class Buffers {
  readonly #device: GPUDevice;
  readonly #buffers = new Map<BufferPlan, GPUBuffer>();

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Makes buffers, which hold zeros. */
  allocate(plans: readonly BufferPlan[]): void {
    for (const plan of plans) {
      const { label, sizeBytes, lifetime } = plan;
      const kind = lifetime === "params" ? GPUBufferUsage.UNIFORM : GPUBufferUsage.STORAGE;
      const usage = kind | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
      this.#buffers.set(plan, this.#device.createBuffer({ label: `webgru.${label}`, size: sizeBytes, usage }));
    }
  }

  get(plan: BufferPlan): GPUBuffer | undefined {
    return this.#buffers.get(plan);
  }

  dispose(): void {
    for (const buffer of this.#buffers.values()) buffer.destroy();
    this.#buffers.clear();
  }
}

/**
 * Runs `allocate` and watches for the GPU running out of memory on the way.
 *
 * @returns what `allocate` gave, not to be trusted until `isInMemory` resolves; it rejects with `limit-exceeded` or
 *   `device-lost`
 */
export function watchMemory<T>(
  device: GPUDevice,
  loss: DeviceLoss,
  what: string,
  allocate: () => T,
): { value: T; isInMemory: Promise<void> } {
  device.pushErrorScope("out-of-memory");
  let scope: Promise<GPUError | null>;
  let value: T;
  try {
    value = allocate();
  } finally {
    scope = device.popErrorScope();
    scope.catch(() => {}); // told below, unless `allocate` has thrown
  }
  return { value, isInMemory: checkScope(loss.told(scope), what) };
}

async function checkScope(scope: Promise<GPUError | null>, what: string): Promise<void> {
  const error = await scope;
  if (error === null) return;
  throw new GruError("limit-exceeded", `${what}: expected to fit the GPU's memory, got "${error.message}"`);
}
