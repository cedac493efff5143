// A GPUDevice that computes nothing: it keeps what it is given, for tests of what is asked of one.

import type { DeviceFacts } from "../../src/plan/deviceFacts.js";
import type { GpuChoice } from "../../src/runtime/openDevice.js";
import { DeviceLoss } from "../../src/runtime/deviceLoss.js";

/** A write to a buffer. */
export interface FakeWrite {
  /** The buffer's. */
  readonly label: string;
  readonly data: Uint32Array;
}

/** How a fake behaves. */
export interface FakeConduct {
  /** The device's `lost`; never when absent. */
  readonly lost?: Promise<GPUDeviceLostInfo>;
  /** How a call that is waited for is answered: with `value`, at once, when absent. */
  answer?<T>(method: string, value: T): Promise<T>;
  /** The contents of memory that is read back; zeros when absent. */
  bytes?(size: number): ArrayBuffer;
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

const never = new Promise<never>(() => {});

/** A device, and the writes that its queue was given. */
export function fakeDevice(
  facts: DeviceFacts = DEFAULT_FACTS,
  { lost = never, answer = async (_, value) => value, bytes = (size) => new ArrayBuffer(size) }: FakeConduct = {},
): { choice: GpuChoice; writes: FakeWrite[] } {
  // Flags are the browser's own; here they mean nothing.
  Object.assign(globalThis, { GPUBufferUsage: {}, GPUShaderStage: {}, GPUMapMode: {} });
  const writes: FakeWrite[] = [];
  const pass = { setPipeline() {}, setBindGroup() {}, dispatchWorkgroups() {}, end() {} };
  const encoder = { beginComputePass: () => pass, copyBufferToBuffer() {}, clearBuffer() {}, finish: () => ({}) };
  const device = {
    limits: { ...facts, maxComputeWorkgroupSizeX: facts.maxComputeInvocationsPerWorkgroup },
    adapterInfo: { vendor: facts.vendor, isFallbackAdapter: facts.isFallback },
    lost,
    addEventListener() {},
    destroy() {},
    pushErrorScope() {},
    popErrorScope: () => answer("popErrorScope", null),
    createBuffer: ({ label, size }: GPUBufferDescriptor) => ({
      label,
      size,
      mapAsync: () => answer("mapAsync", undefined),
      getMappedRange: (_offset = 0, length = size) => bytes(length),
      unmap() {},
      destroy() {},
    }),
    createBindGroupLayout: () => ({}),
    createBindGroup: () => ({}),
    createPipelineLayout: () => ({}),
    createShaderModule: () => ({ getCompilationInfo: () => answer("getCompilationInfo", { messages: [] }) }),
    createComputePipelineAsync: () => answer("createComputePipelineAsync", { getBindGroupLayout: () => ({}) }),
    createCommandEncoder: () => encoder,
    queue: {
      submit() {},
      onSubmittedWorkDone: () => answer("onSubmittedWorkDone", undefined),
      writeBuffer({ label }: GPUBuffer, _offset: number, data: Uint32Array) {
        writes.push({ label, data });
      },
    },
  } as unknown as GPUDevice;
  return { choice: { device, loss: new DeviceLoss(device), facts, name: "a fake", isOwned: false }, writes };
}
