// The GPU path: plans, kernels, the runtime, and recovery from a lost device. The main file fetches this file when a model runs
// on a GPU. Where code cannot be fetched later, `import "webgru/webgpu"` beforehand does the same.

import { isSoftware, requestAdapter } from "../engine/adapter.js";
import { cpuPath, type GpuPath, type OpenGpu, type Recovery, registerGpu } from "../engine/registry.js";
import { GruError } from "../errors.js";
import type { Network } from "../model/network.js";
import { RecoverableEngine } from "../recovery/recoverableEngine.js";
import type { GpuEngine } from "../runtime/gpuEngine.js";
import { borrowDevice, type GpuChoice, openDevice } from "../runtime/openDevice.js";
import { createGpuEngine } from "../runtime/openGpu.js";
import { timeReadbackUs } from "../runtime/timeReadback.js";

/** Devices to try when one is lost while a model is put on it. */
const MAX_LOADS = 4;

/** The GPU path, which registers itself. */
export const path: GpuPath = {
  open: async (adapter) => openGpu(await openDevice(adapter)),
  borrow: (device) => openGpu(borrowDevice(device)),
};

registerGpu(path);

/** A GPU on which networks run by the kernels that it is good at. */
function openGpu(choice: GpuChoice): OpenGpu {
  const { device, isOwned } = choice;
  return {
    createEngine: (network, reason, isAutotuned, recovery) =>
      recovery === null || !isOwned
        ? createGpuEngine(network, choice, reason, isAutotuned)
        : createRecoverable(network, choice, reason, isAutotuned, recovery),
    timeReadbackUs: () => timeReadbackUs(device),
    close: () => {
      if (isOwned) device.destroy();
    },
  };
}

async function createRecoverable(
  network: Network,
  choice: GpuChoice,
  reason: string,
  isAutotuned: boolean,
  recovery: Recovery,
): Promise<RecoverableEngine> {
  const reopen = async (former: GpuEngine | null) => {
    const adapter = await requestAdapter();
    if ("refusal" in adapter) throw new GruError("no-adapter", adapter.refusal);
    // After some crashes a browser offers a software adapter, which is slower than the CPU path.
    if (isSoftware(adapter.info) && !choice.facts.isFallback)
      throw new GruError("no-adapter", "the adapter is software");
    const next = await openDevice(adapter);
    try {
      return await createGpuEngine(network, next, reason, isAutotuned, former);
    } catch (error) {
      next.device.destroy();
      throw error;
    }
  };
  const devices = {
    openGpu: reopen,
    openCpu: async (why: string) => (await cpuPath()).createEngine(network, why),
  };
  let engine: GpuEngine | null = null;
  for (let load = 1; engine === null; load++) {
    try {
      engine = await (load === 1 ? createGpuEngine(network, choice, reason, isAutotuned) : reopen(null));
    } catch (error) {
      const isGone = error instanceof GruError && ["device-lost", "no-adapter"].includes(error.code);
      if (!isGone || load === MAX_LOADS) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20 * 4 ** load));
    }
  }
  return new RecoverableEngine(network, engine, devices, recovery);
}
