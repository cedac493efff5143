import type { Engine } from "../engine/engine.js";
import { gpuLayers, type OpenGpu } from "../engine/registry.js";
import type { Network } from "../model/network.js";
import { addPlans, hasCorePlans } from "../plan/layers.js";
import { TUNING_TABLE } from "../plan/tables.js";
import { Tuning } from "../plan/tuning.js";
import { timeSteps } from "../tuner/timeSteps.js";
import { autotune } from "../tuner/tuner.js";
import { proveConcurrency } from "./concurrency.js";
import { GpuEngine } from "./gpuEngine.js";
import type { GpuChoice } from "./openDevice.js";
import { timeReadbackUs } from "./timeReadback.js";

/** A GPU on which networks run by the kernels that it is good at. */
export function openGpu(choice: GpuChoice): OpenGpu {
  const { device, isOwned } = choice;
  return {
    createEngine: (network, reason, isAutotuned) => createEngine(network, choice, reason, isAutotuned),
    timeReadbackUs: () => timeReadbackUs(device),
    close: () => {
      if (isOwned) device.destroy();
    },
  };
}

async function createEngine(given: Network, choice: GpuChoice, reason: string, isAutotuned: boolean): Promise<Engine> {
  const network = await prepare(given);
  const facts = await proveConcurrency(network, choice);
  if (!isAutotuned) return GpuEngine.create(network, choice, reason, new Tuning(facts, TUNING_TABLE));
  const measure = async (tuning: Tuning) =>
    timeSteps(await GpuEngine.create(network, { ...choice, isOwned: false }, "", tuning), network);
  const { tuning, note } = await autotune({ network, facts, deviceName: choice.name, measure });
  return GpuEngine.create(network, choice, reason, tuning, note);
}

/** The layers to run, whose plans are there then. */
async function prepare(network: Network): Promise<Network> {
  if (hasCorePlans(network)) return network;
  const { layers, simplified } = await gpuLayers();
  addPlans(layers);
  return simplified(network);
}
