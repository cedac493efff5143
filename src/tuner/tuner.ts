import { gruLayers, type Network } from "../model/network.js";
import type { DeviceFacts } from "../plan/deviceFacts.js";
import type { KernelChoice } from "../plan/kernelChoice.js";
import { CELL, FOUR_ROWS, STEP, tune, TUNING_TABLE, type TuningRow } from "../plan/tuning.js";
import { keepTimes, keptTimes } from "./choiceStore.js";

/** Choices are forgotten when kernels change. */
const VERSION = 5;

/** Trying stops then; what has not been tried is not chosen. */
const MAX_TUNING_MS = 200;

const BATCH: TuningRow = { minRows: 16, family: FOUR_ROWS };

/** Tables to try, by a name for a person. The first is what is taken without trying. */
export const CANDIDATES: Readonly<Record<string, readonly TuningRow[]>> = {
  "the device's table": TUNING_TABLE,
  "single steps": [BATCH, CELL, STEP],
  "one small workgroup a row": [
    { minSteps: 2, maxRows: 16, family: { kernel: "persistent", workgroupSize: 16, lanes: 1 } },
    BATCH,
    CELL,
    STEP,
  ],
  "one large workgroup a row": [
    { maxRows: 64, family: { kernel: "network", workgroupSize: 256 } },
    { minSteps: 2, maxRows: 64, family: { kernel: "persistent", workgroupSize: 256, lanes: 2 } },
    BATCH,
    CELL,
    STEP,
  ],
  "wavefronts through the layers": [{ maxRows: 64, family: { kernel: "wavefront" } }, BATCH, CELL, STEP],
};

/** What is to be tuned, and where. */
export interface TuningRequest {
  readonly network: Network;
  readonly facts: DeviceFacts;
  /** The device's, as the browser tells it. */
  readonly deviceName: string;
  /** Time of a typical use with such a choice, in milliseconds; whatever it allocates, it frees. */
  measure(kernels: KernelChoice): Promise<number>;
}

/** A choice, and how it came about. */
export interface Tuned {
  readonly kernels: KernelChoice;
  readonly note: string;
}

/**
 * Tries at most five tables on the device itself, in about 200 ms, and takes the fastest. The answer is kept under the device,
 * the network's shape and the kernels' version.
 *
 * @throws what `measure` does, when it does for all of them
 */
export async function autotune({ network, facts, deviceName, measure }: TuningRequest): Promise<Tuned> {
  const key = [VERSION, deviceName, shapeOf(network)].join("; ");
  const kept = await keptTimes(key);
  if (kept !== null && [...kept.keys()].every((name) => Object.hasOwn(CANDIDATES, name))) {
    return choose(facts, kept, "the fastest here when it was tried");
  }
  const times = await tryAll(facts, measure);
  await keepTimes(key, times);
  return choose(facts, times, "the fastest of those tried");
}

function choose(facts: DeviceFacts, times: ReadonlyMap<string, number>, why: string): Tuned {
  const [fastest] = [...times].sort(([, a], [, b]) => a - b)[0]!;
  const measured = [...times].map(([name, timeMs]) => `${name} ${timeMs.toFixed(2)} ms`).join(", ");
  return { kernels: tune(facts, CANDIDATES[fastest]), note: `${fastest}, ${why} (${measured})` };
}

async function tryAll(facts: DeviceFacts, measure: TuningRequest["measure"]): Promise<Map<string, number>> {
  const times = new Map<string, number>();
  let failure: unknown;
  const endMs = performance.now() + MAX_TUNING_MS;
  for (const [name, table] of Object.entries(CANDIDATES)) {
    try {
      times.set(name, await measure(tune(facts, table)));
    } catch (error) {
      failure = error; // what this driver refuses, others take
    }
    if (performance.now() > endMs) break;
  }
  if (times.size === 0) throw failure;
  return times;
}

/** What kernels depend on: sizes, and neither names nor weights. */
function shapeOf(network: Network): string {
  const grus = gruLayers(network).map(
    ({ inputSize, hiddenSize, direction, resetAfter, storage }) =>
      `${inputSize}-${hiddenSize} ${direction} ${resetAfter ? "after" : "before"} ${storage}`,
  );
  return `${network.layers.length} layers, ${grus.join(", ")}`;
}
