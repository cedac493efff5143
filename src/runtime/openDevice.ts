import { isSoftware, nameOf, requestAdapter } from "../engine/adapter.js";
import { GruError } from "../errors.js";
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

/**
 * Opens an adapter's device, which is ours to destroy.
 *
 * @throws GruError `no-adapter` where neither this adapter nor the next one gives a device
 */
export async function openDevice(adapter: GPUAdapter): Promise<GpuChoice> {
  try {
    return await requestDevice(adapter);
  } catch (cause) {
    // A GPU process that ended since leaves its adapters without devices; the next one has others.
    const another = await requestAdapter();
    if ("refusal" in another) throw noDevice(cause);
    return requestDevice(another).catch((again: unknown) => {
      throw noDevice(again);
    });
  }
}

function noDevice(cause: unknown): GruError {
  const message = `device "webgpu": expected the adapter to give a device, got ${String(cause)}`;
  return new GruError("no-adapter", message, { cause });
}

/** Makes a device that may bind as large a buffer, and have as large a workgroup, as the adapter can. */
async function requestDevice(adapter: GPUAdapter): Promise<GpuChoice> {
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
