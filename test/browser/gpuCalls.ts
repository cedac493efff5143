// Counts what a device is asked to do, by wrapping the methods of WebGPU's classes.

/** One call: the method, and the labels of the buffers it was given, in order. */
export interface GpuCall {
  readonly method: string;
  readonly buffers: readonly string[];
}

/** Methods worth counting: they allocate, move data, or wait. */
const METHODS = {
  GPUDevice: ["createBuffer", "createBindGroup", "createComputePipeline", "createComputePipelineAsync"],
  GPUQueue: ["submit", "writeBuffer", "onSubmittedWorkDone"],
  GPUCommandEncoder: ["beginComputePass", "copyBufferToBuffer", "clearBuffer"],
  GPUComputePassEncoder: ["dispatchWorkgroups"],
  GPUBuffer: ["mapAsync", "getMappedRange"],
} as const;

/**
 * Records the calls of all devices of the page from now on.
 *
 * @returns the list that grows; a caller empties it with `length = 0`
 */
export function recordGpuCalls(): GpuCall[] {
  const calls: GpuCall[] = [];
  for (const [type, methods] of Object.entries(METHODS)) {
    const { prototype } = (globalThis as never as Record<string, { prototype: Record<string, Method> }>)[type]!;
    for (const method of methods) {
      const original = prototype[method]!;
      prototype[method] = function (this: unknown, ...args: unknown[]) {
        calls.push({ method, buffers: [this, ...args].filter(isBuffer).map(({ label }) => label) });
        return original.apply(this, args);
      };
    }
  }
  return calls;
}

type Method = (...args: unknown[]) => unknown;

function isBuffer(value: unknown): value is GPUBuffer {
  return value instanceof GPUBuffer;
}
