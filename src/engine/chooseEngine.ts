import { GruError } from "../errors.js";
import type { Network } from "../model/network.js";
import { describeValue } from "../model/valueKind.js";
import { isSoftware, nameOf, requestAdapter } from "./adapter.js";
import type { Engine } from "./engine.js";
import { cpuPath, gpuPath } from "./registry.js";
import type { Workload } from "./workload.js";

/**
 * `webgpu` and `cpu` demand one; `auto` takes whichever finishes the workload first, and says why. A GPUDevice of
 * the caller's is used and never destroyed.
 */
export type DeviceRequest = "auto" | "webgpu" | "cpu" | GPUDevice;

/**
 * Puts a network on a device.
 *
 * @param isAutotuned whether a GPU may be asked which kernels it is best at, which takes about 200 ms the first time
 * @param workload what `auto` decides by
 * @throws GruError `no-adapter` when `webgpu` was demanded and there is none, `limit-exceeded` when the model does not fit,
 *   `device-lost` when the device goes away meanwhile, unless `auto` may take the CPU
 */
export async function chooseEngine(
  network: Network,
  request: DeviceRequest,
  isAutotuned: boolean,
  workload: Workload,
): Promise<Engine> {
  if (request === "cpu") return onCpu(network, "asked for");
  if (typeof request === "object" && typeof request?.createBuffer === "function") {
    return (await gpuPath()).borrow(request).createEngine(network, "the caller's own device", isAutotuned);
  }
  if (request !== "auto" && request !== "webgpu") {
    throw new GruError(
      "unsupported",
      `device: expected "auto", "webgpu", "cpu" or a GPUDevice, got ${describeValue(request)}`,
    );
  }
  if (request === "webgpu" && globalThis.navigator?.gpu) startFetching();
  const adapter = await requestAdapter();
  if ("refusal" in adapter) {
    if (request === "auto") return onCpu(network, `no WebGPU: ${adapter.refusal}`);
    throw new GruError("no-adapter", `device "webgpu": expected an adapter, got none: ${adapter.refusal}`);
  }
  if (request === "webgpu") return onGpu(network, adapter, isAutotuned, null);
  if (isSoftware(adapter.info)) {
    const name = nameOf(adapter.info);
    return onCpu(network, `the only WebGPU adapter is software (${name}), slower than the CPU path`);
  }
  startFetching();
  cpuPath().catch(() => {}); // either may be taken
  try {
    return await onGpu(network, adapter, isAutotuned, workload);
  } catch (error) {
    return onCpu(network, `the GPU cannot run this model: ${String(error)}`);
  }
}

/** Has the GPU's file on its way before it is waited for. */
function startFetching(): void {
  gpuPath().catch(() => {}); // told to whoever waits for it
}

async function onCpu(network: Network, reason: string): Promise<Engine> {
  return (await cpuPath()).createEngine(network, reason);
}

/** @param workload null where WebGPU was asked for; else the CPU is taken if that finishes it first */
async function onGpu(
  network: Network,
  adapter: GPUAdapter,
  isAutotuned: boolean,
  workload: Workload | null,
): Promise<Engine> {
  const gpu = await (await gpuPath()).open(adapter);
  try {
    if (workload === null) return await gpu.createEngine(network, "asked for", isAutotuned);
    const cpu = await cpuPath().catch(() => null);
    const offer = (await cpu?.offer(network, workload, gpu)) ?? { whyNot: "a GPU was found; cpu.js is not there" };
    if ("whyNot" in offer) return await gpu.createEngine(network, offer.whyNot, isAutotuned);
    gpu.close();
    return offer.engine;
  } catch (error) {
    gpu.close();
    throw error;
  }
}
