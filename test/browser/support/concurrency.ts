import type { Network } from "../../../src/model/network.js";
import type { TuningRow } from "../../../src/plan/tuning.js";
import { borrowDevice } from "../../../src/runtime/openDevice.js";
import { proveConcurrency } from "../../../src/runtime/concurrency.js";
import { recordGpuCalls } from "./gpuCalls.js";
import { type Mutant, mutableDevice } from "./mutants.js";

/**
 * Has the library look how many workgroups the page's device runs at once.
 *
 * @param name what the device is to be called @param table that would have them wait for each other
 * @returns what it saw, and how many dispatches that took
 */
export async function seeConcurrentGroups(
  network: Network,
  name: string,
  table: readonly TuningRow[],
  mutant: Mutant,
): Promise<{ concurrentGroups: number | undefined; numDispatches: number }> {
  const { gpu, mutate } = await mutableDevice();
  mutate(mutant);
  const calls = recordGpuCalls();
  const { concurrentGroups } = await proveConcurrency(network, { ...borrowDevice(gpu), name }, table);
  const numDispatches = calls.filter(({ method }) => method === "dispatchWorkgroups").length;
  return { concurrentGroups, numDispatches };
}
