import { gpuLayers } from "../engine/registry.js";
import type { Network } from "../model/network.js";
import { addPlans, hasCorePlans } from "../plan/layers.js";
import { TUNING_TABLE } from "../plan/tables.js";
import { Tuning } from "../plan/tuning.js";
import { timeSteps } from "../tuner/timeSteps.js";
import { autotune } from "../tuner/tuner.js";
import { proveConcurrency } from "./concurrency.js";
import { GpuEngine } from "./gpuEngine.js";
import type { GpuChoice } from "./openDevice.js";

/**
 * Runs a network on a GPU by the kernels that it is good at.
 *
 * @param former an engine of the same network: a device that is alike takes its kernels, and so gives the same numbers
 */
export async function createGpuEngine(
  given: Network,
  choice: GpuChoice,
  reason: string,
  isAutotuned: boolean,
  former: GpuEngine | null = null,
): Promise<GpuEngine> {
  if (former !== null && areAlike(former.choice, choice)) {
    return GpuEngine.create(former.network, choice, reason, former.tuning, former.kernelNote);
  }
  const network = await prepare(given);
  const facts = await proveConcurrency(network, choice);
  if (!isAutotuned) return GpuEngine.create(network, choice, reason, new Tuning(facts, TUNING_TABLE));
  const measure = async (tuning: Tuning) =>
    timeSteps(await GpuEngine.create(network, { ...choice, isOwned: false }, "", tuning), network);
  const { tuning, note } = await autotune({ network, facts, deviceName: choice.name, measure });
  return GpuEngine.create(network, choice, reason, tuning, note);
}

function areAlike(one: GpuChoice, other: GpuChoice): boolean {
  return one.name === other.name && JSON.stringify(one.facts) === JSON.stringify(other.facts);
}

/** The layers to run, whose plans are there then. */
async function prepare(network: Network): Promise<Network> {
  if (hasCorePlans(network)) return network;
  const { layers, simplified } = await gpuLayers();
  addPlans(layers);
  return simplified(network);
}
