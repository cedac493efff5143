import type { Network } from "./model/network.js";
import type { KernelChoice } from "./plan/kernelChoice.js";
import type { GpuChoice } from "./runtime/adapter.js";
import { GpuEngine } from "./runtime/gpuEngine.js";

/**
 * An engine with the kernels that its device is good at. Those that only some devices and models take are a file of their
 * own, and an engine without it makes single steps.
 *
 * @param isAutotuned whether they are chosen by trying
 * @throws GruError as `GpuEngine.create`
 */
export async function createTunedEngine(
  network: Network,
  choice: GpuChoice,
  reason: string,
  isAutotuned: boolean,
): Promise<GpuEngine> {
  const tuned = await import("./tuned.js").catch(() => null);
  if (tuned === null) return GpuEngine.create(network, choice, reason, null, "tuned.js is not there: single steps");
  const { name: deviceName } = choice;
  const facts = await tuned.proveConcurrency(network, choice);
  if (!isAutotuned) return GpuEngine.create(network, choice, reason, tuned.tune(facts));
  const measure = async (kernels: KernelChoice) =>
    tuned.timeSteps(await GpuEngine.create(network, { ...choice, isOwned: false }, "", kernels), network.inputSize);
  const { kernels, note } = await tuned.autotune({ network, facts, deviceName, measure });
  return GpuEngine.create(network, choice, reason, kernels, note);
}
