import { CpuEngine } from "./cpu/cpuEngine.js";
import type { Engine } from "./engine.js";
import { GruError } from "./errors.js";
import type { Network } from "./model/network.js";
import { borrowDevice, isSoftware, nameOf, requestAdapter, requestDevice } from "./runtime/adapter.js";
import type { GpuEngine } from "./runtime/gpuEngine.js";
import { createTunedEngine } from "./tunedEngine.js";

declare global {
  // TypeScript before 6 does not know the name; from then on, or with @webgpu/types, this adds nothing to it.
  interface GPUDevice {}
}

/**
 * `webgpu` and `cpu` demand one; `auto` takes WebGPU where it is worth having, else the CPU, and says why. A GPUDevice of
 * the caller's is used and never destroyed.
 */
export type DeviceRequest = "auto" | "webgpu" | "cpu" | GPUDevice;

/**
 * Puts a network on a device.
 *
 * @param isAutotuned whether a GPU may be asked which kernels it is best at, which takes about 200 ms the first time
 * @throws GruError `no-adapter` when `webgpu` was demanded and there is none, `limit-exceeded` when the model does not fit
 */
export async function chooseEngine(network: Network, request: DeviceRequest, isAutotuned: boolean): Promise<Engine> {
  if (request === "cpu") return new CpuEngine(network, "asked for");
  if (typeof request === "object" && request !== null)
    return createTunedEngine(network, borrowDevice(request), "the caller's own device", isAutotuned);
  if (request !== "auto" && request !== "webgpu") {
    throw new GruError(
      "unsupported",
      `device: expected "auto", "webgpu", "cpu" or a GPUDevice, got ${JSON.stringify(request)}`,
    );
  }
  const adapter = await requestAdapter();
  if ("refusal" in adapter) {
    if (request === "auto") return new CpuEngine(network, `no WebGPU: ${adapter.refusal}`);
    throw new GruError("no-adapter", `device "webgpu": expected an adapter, got none: ${adapter.refusal}`);
  }
  if (request === "auto" && isSoftware(adapter.info)) {
    const name = nameOf(adapter.info);
    return new CpuEngine(network, `the only WebGPU adapter is software (${name}), slower than a plain loop`);
  }
  try {
    return await makeGpuEngine(network, adapter, request === "auto" ? "a GPU was found" : "asked for", isAutotuned);
  } catch (error) {
    if (request === "auto") return new CpuEngine(network, `the GPU cannot run this model: ${String(error)}`);
    throw error;
  }
}

async function makeGpuEngine(
  network: Network,
  adapter: GPUAdapter,
  reason: string,
  isAutotuned: boolean,
): Promise<GpuEngine> {
  const choice = await requestDevice(adapter).catch((cause: unknown) => {
    throw new GruError("no-adapter", `device "webgpu": expected the adapter to give a device, got ${String(cause)}`, {
      cause,
    });
  });
  try {
    return await createTunedEngine(network, choice, reason, isAutotuned);
  } catch (error) {
    choice.device.destroy();
    throw error;
  }
}
