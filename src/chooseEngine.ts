import type { Use } from "./cpu/cost.js";
import { type CpuPath, registeredCpu } from "./cpu/registry.js";
import type { Engine } from "./engine.js";
import { GruError } from "./errors.js";
import type { Network } from "./model/network.js";
import { describeValue } from "./model/valueKind.js";
import { borrowDevice, isSoftware, nameOf, requestAdapter, requestDevice } from "./runtime/adapter.js";
import { createTunedEngine } from "./tunedEngine.js";

declare global {
  // TypeScript before 6 does not know the name; from then on, or with @webgpu/types, this adds nothing to it.
  interface GPUDevice {}
}

/**
 * `webgpu` and `cpu` demand one; `auto` takes whichever finishes the use first, and says why. A GPUDevice of
 * the caller's is used and never destroyed.
 */
export type DeviceRequest = "auto" | "webgpu" | "cpu" | GPUDevice;

/**
 * Puts a network on a device.
 *
 * @param isAutotuned whether a GPU may be asked which kernels it is best at, which takes about 200 ms the first time
 * @param use what `auto` decides by
 * @throws GruError `no-adapter` when `webgpu` was demanded and there is none, `limit-exceeded` when the model does not fit,
 *   `device-lost` when the device goes away meanwhile, unless `auto` may take the CPU
 */
export async function chooseEngine(
  network: Network,
  request: DeviceRequest,
  isAutotuned: boolean,
  use: Use,
): Promise<Engine> {
  if (request === "cpu") return cpuEngine(network, "asked for");
  if (typeof request === "object" && typeof request?.createBuffer === "function")
    return createTunedEngine(network, borrowDevice(request), "the caller's own device", isAutotuned);
  if (request !== "auto" && request !== "webgpu") {
    throw new GruError(
      "unsupported",
      `device: expected "auto", "webgpu", "cpu" or a GPUDevice, got ${describeValue(request)}`,
    );
  }
  const adapter = await requestAdapter();
  if ("refusal" in adapter) {
    if (request === "auto") return cpuEngine(network, `no WebGPU: ${adapter.refusal}`);
    throw new GruError("no-adapter", `device "webgpu": expected an adapter, got none: ${adapter.refusal}`);
  }
  if (request === "auto" && isSoftware(adapter.info)) {
    const name = nameOf(adapter.info);
    return cpuEngine(network, `the only WebGPU adapter is software (${name}), slower than the CPU path`);
  }
  try {
    return await makeGpuEngine(network, adapter, isAutotuned, request === "auto" ? use : null);
  } catch (error) {
    if (request === "auto") return cpuEngine(network, `the GPU cannot run this model: ${String(error)}`);
    throw error;
  }
}

/** @param use null where WebGPU was asked for; else the CPU is taken if that finishes it first */
async function makeGpuEngine(
  network: Network,
  adapter: GPUAdapter,
  isAutotuned: boolean,
  use: Use | null,
): Promise<Engine> {
  // On its way while the device is made, where nothing else is taken in the end.
  if (use === null) void import("./tuned.js").catch(() => {});
  const choice = await requestDevice(adapter).catch(async (cause: unknown) => {
    // A GPU process that ended since leaves its adapters without devices; the next one has others.
    const another = await requestAdapter();
    if ("refusal" in another) throw noDevice(cause);
    return requestDevice(another).catch((again: unknown) => {
      throw noDevice(again);
    });
  });
  const { device } = choice;
  try {
    if (use === null) return await createTunedEngine(network, choice, "asked for", isAutotuned);
    const cpu = await cpuPath().catch(() => null);
    const offer = (await cpu?.offer(network, use, device)) ?? { whyNot: "a GPU was found; cpu.js is not there" };
    if ("whyNot" in offer) return await createTunedEngine(network, choice, offer.whyNot, isAutotuned);
    device.destroy();
    return offer.engine;
  } catch (error) {
    device.destroy();
    throw error;
  }
}

function noDevice(cause: unknown): GruError {
  const message = `device "webgpu": expected the adapter to give a device, got ${String(cause)}`;
  return new GruError("no-adapter", message, { cause });
}

async function cpuEngine(network: Network, reason: string): Promise<Engine> {
  return (await cpuPath()).createEngine(network, reason);
}

/** The CPU path is a file of its own: a page with a GPU need not have it. */
async function cpuPath(): Promise<CpuPath> {
  if (registeredCpu() === null) {
    await import("./cpu.js").catch((cause: unknown) => {
      const message = `device "cpu": expected cpu.js beside webgru's main file, got ${String(cause)}`;
      throw new GruError("unsupported", message, { cause });
    });
  }
  return registeredCpu()!;
}
