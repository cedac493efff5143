// Counts what a device is asked to do, by wrapping the methods of WebGPU's classes.

/** One call: the method, the labels of the buffers it was given, in order, and the bytes that it makes, moves or maps. */
export interface GpuCall {
  readonly method: string;
  readonly buffers: readonly string[];
  /** 0 for what has no size. */
  readonly sizeBytes: number;
}

/** Methods worth counting: they allocate, move data, or wait. */
const METHODS = {
  GPUDevice: ["createBuffer", "createBindGroup", "createComputePipeline", "createComputePipelineAsync"],
  GPUQueue: ["submit", "writeBuffer", "onSubmittedWorkDone"],
  GPUCommandEncoder: ["beginComputePass", "copyBufferToBuffer", "clearBuffer"],
  GPUComputePassEncoder: ["dispatchWorkgroups"],
  GPUBuffer: ["mapAsync", "getMappedRange"],
} as const;

/** The bytes of a call, of its arguments. */
const SIZES: Record<string, (...args: never[]) => number> = {
  createBuffer: ({ size }: GPUBufferDescriptor) => size,
  writeBuffer: (_buffer: GPUBuffer, _offset: number, { byteLength }: ArrayBufferView) => byteLength,
  copyBufferToBuffer: (_source: GPUBuffer, _from: number, _target: GPUBuffer, _to: number, size: number) => size,
  mapAsync: (_mode: number, _offset: number, size: number) => size,
};

/**
 * Records the calls of all devices of the page from now on.
 *
 * @returns the list that grows; a caller empties it with `length = 0`
 */
export function recordGpuCalls(): GpuCall[] {
  const calls: GpuCall[] = [];
  watchGpuCalls((call) => calls.push(call));
  return calls;
}

/** Tells of each call of all devices of the page from now on, just before it is made. */
export function watchGpuCalls(notice: (call: GpuCall) => void): void {
  for (const [type, methods] of Object.entries(METHODS)) {
    const { prototype } = (globalThis as never as Record<string, { prototype: Record<string, Method> }>)[type]!;
    for (const method of methods) {
      const original = prototype[method]!;
      prototype[method] = function (this: unknown, ...args: unknown[]) {
        const buffers = [this, ...args].filter(isBuffer).map(({ label }) => label);
        notice({ method, buffers, sizeBytes: SIZES[method]?.(...(args as never[])) ?? 0 });
        return original.apply(this, args);
      };
    }
  }
}

type Method = (...args: unknown[]) => unknown;

function isBuffer(value: unknown): value is GPUBuffer {
  return value instanceof GPUBuffer;
}
