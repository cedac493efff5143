import type { DeviceFacts } from "../plan/deviceFacts.js";
import { DeviceLoss } from "./deviceLoss.js";

/** A device to compute on, and what there is to say about it. */
export interface GpuChoice {
  readonly device: GPUDevice;
  readonly loss: DeviceLoss;
  readonly facts: DeviceFacts;
  /** As the browser names it; often little more than the vendor. */
  readonly name: string;
  /** We made the device, so we destroy it; a caller's own is never destroyed. */
  readonly isOwned: boolean;
}

/** Why there is no adapter, as a sentence that ends in the remedy. */
export interface NoAdapter {
  readonly refusal: string;
}

/** Asks the browser for an adapter; never throws. */
export async function requestAdapter(): Promise<GPUAdapter | NoAdapter> {
  if (globalThis.isSecureContext === false) {
    return { refusal: "this page is not a secure context: serve it over https or from localhost" };
  }
  if (globalThis.navigator?.gpu === undefined) {
    return { refusal: "there is no WebGPU here: use a current Chrome, Edge, Safari or Firefox (Node has none)" };
  }
  try {
    // Firefox may throw here instead of answering null.
    const adapter = await navigator.gpu.requestAdapter({ powerPreference: "high-performance" });
    if (adapter !== null) return adapter;
    return { refusal: "the browser has WebGPU but offers no adapter: update the GPU's driver, see chrome://gpu" };
  } catch (error) {
    return { refusal: `the browser refused an adapter (${String(error)}): update the browser or the GPU's driver` };
  }
}

/** Makes a device that may bind as large a buffer, and have as large a workgroup, as the adapter can. */
export async function requestDevice(adapter: GPUAdapter): Promise<GpuChoice> {
  const { limits } = adapter;
  const device = await adapter.requestDevice({
    label: "webgru",
    requiredLimits: {
      maxBufferSize: limits.maxBufferSize,
      maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
      maxComputeWorkgroupSizeX: limits.maxComputeWorkgroupSizeX,
      maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
      maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
    },
  });
  return choiceOf(device, adapter.info, true);
}

/** A device that belongs to the caller. */
export function borrowDevice(device: GPUDevice): GpuChoice {
  return choiceOf(device, device.adapterInfo, false);
}

function choiceOf(device: GPUDevice, info: GPUAdapterInfo | undefined, isOwned: boolean): GpuChoice {
  return { device, loss: new DeviceLoss(device), facts: factsOf(device, info), name: nameOf(info), isOwned };
}

/** A software adapter is correct, and slower than the CPU path. */
export function isSoftware(info: GPUAdapterInfo | undefined): boolean {
  return info?.isFallbackAdapter === true || /swiftshader|llvmpipe|lavapipe/i.test(nameOf(info));
}

/** Vendor, architecture and description, as far as the browser tells them. */
export function nameOf(info: GPUAdapterInfo | undefined): string {
  const parts = [info?.vendor, info?.architecture, info?.description].filter((part) => part);
  return parts.length > 0 ? [...new Set(parts)].join(" ") : "an adapter that the browser does not name";
}

function factsOf({ limits }: GPUDevice, info: GPUAdapterInfo | undefined): DeviceFacts {
  return {
    isFallback: isSoftware(info),
    vendor: info?.vendor ?? "",
    maxBufferSize: limits.maxBufferSize,
    maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
    maxComputeWorkgroupsPerDimension: limits.maxComputeWorkgroupsPerDimension,
    maxComputeInvocationsPerWorkgroup: Math.min(
      limits.maxComputeInvocationsPerWorkgroup,
      limits.maxComputeWorkgroupSizeX,
    ),
    maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
  };
}
