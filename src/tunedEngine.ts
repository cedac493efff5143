import type { Network } from "./model/network.js";
import { ALL } from "./model/outputRequest.js";
import type { KernelChoice } from "./plan/kernelChoice.js";
import type { GpuChoice } from "./runtime/adapter.js";
import { GpuEngine } from "./runtime/gpuEngine.js";

/** Steps of the sequence that is timed to tell kernels apart. */
const TIMED_STEPS = 32;

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
  const measure = (kernels: KernelChoice) => timeSteps(network, choice, kernels);
  const { kernels, note } = await tuned.autotune({ network, facts, deviceName, measure });
  return GpuEngine.create(network, choice, reason, kernels, note);
}

/** Time of a sequence and of a streamed step, one row, in milliseconds: the second of two, which compiles nothing. */
async function timeSteps(network: Network, choice: GpuChoice, kernels: KernelChoice): Promise<number> {
  const engine = await GpuEngine.create(network, { ...choice, isOwned: false }, "", kernels);
  try {
    const session = engine.createSession(1, TIMED_STEPS);
    const advance = (numSteps: number) =>
      session.advance({
        input: new Float32Array(numSteps * network.inputSize),
        slots: [0],
        lengths: null,
        lastOnly: false,
        withState: true,
        output: ALL,
      });
    try {
      let startMs = 0;
      for (let i = 0; i < 2; i++) {
        startMs = performance.now();
        await advance(TIMED_STEPS);
        await advance(1);
      }
      return performance.now() - startMs;
    } finally {
      session.dispose();
    }
  } finally {
    engine.dispose();
  }
}
