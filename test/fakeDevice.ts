// A GPUDevice that computes nothing: it keeps what it is given, for tests of what is asked of one.

import type { DeviceFacts } from "../src/plan/deviceFacts.js";
import type { GpuChoice } from "../src/runtime/adapter.js";

/** A write to a buffer. */
export interface FakeWrite {
  /** The buffer's. */
  readonly label: string;
  readonly data: Uint32Array;
}

/** WebGPU's default limits, of a hardware GPU. */
export const DEFAULT_FACTS: DeviceFacts = {
  isFallback: false,
  vendor: "",
  maxBufferSize: 256 * 2 ** 20,
  maxStorageBufferBindingSize: 128 * 2 ** 20,
  maxComputeWorkgroupsPerDimension: 65535,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupStorageSize: 16384,
};

/** A device, and the writes that its queue was given. */
export function fakeDevice(facts: DeviceFacts = DEFAULT_FACTS): { choice: GpuChoice; writes: FakeWrite[] } {
  // Flags are the browser's own; here they mean nothing.
  Object.assign(globalThis, { GPUBufferUsage: {}, GPUShaderStage: {} });
  const writes: FakeWrite[] = [];
  const pass = { setPipeline() {}, setBindGroup() {}, dispatchWorkgroups() {}, end() {} };
  const device = {
    limits: facts,
    lost: new Promise(() => {}),
    pushErrorScope() {},
    popErrorScope: async () => null,
    createBuffer: ({ label, size }: GPUBufferDescriptor) => ({ label, size, destroy() {} }),
    createBindGroupLayout: () => ({}),
    createBindGroup: () => ({}),
    createPipelineLayout: () => ({}),
    createShaderModule: () => ({}),
    createComputePipelineAsync: async () => ({}),
    createCommandEncoder: () => ({ beginComputePass: () => pass, finish: () => ({}) }),
    queue: {
      submit() {},
      writeBuffer({ label }: GPUBuffer, _offset: number, data: Uint32Array) {
        writes.push({ label, data });
      },
    },
  };
  return { choice: { device: device as unknown as GPUDevice, facts, name: "a fake", isOwned: false }, writes };
}
