import { layerType } from "../layers/index.js";
import type { Network } from "../model/network.js";
import type { DeviceFacts } from "../plan/deviceFacts.js";
import { CANDIDATES } from "../plan/tables.js";
import { Tuning } from "../plan/tuning.js";
import { keepTimes, keptTimes } from "./choiceStore.js";

/** Choices are forgotten when kernels change. */
const VERSION = 6;

/** Trying stops then; what has not been tried is not chosen. */
const MAX_TUNING_MS = 200;

/** What is to be tuned, and where. */
export interface TuningRequest {
  readonly network: Network;
  readonly facts: DeviceFacts;
  /** The device's, as the browser tells it. */
  readonly deviceName: string;
  /** Time of a typical use with such a choice, in milliseconds; whatever it allocates, it frees. */
  measure(tuning: Tuning): Promise<number>;
}

/** A choice, and how it came about. */
export interface Tuned {
  readonly tuning: Tuning;
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
  return { tuning: new Tuning(facts, CANDIDATES[fastest]!), note: `${fastest}, ${why} (${measured})` };
}

async function tryAll(facts: DeviceFacts, measure: TuningRequest["measure"]): Promise<Map<string, number>> {
  const times = new Map<string, number>();
  let failure: unknown;
  const endMs = performance.now() + MAX_TUNING_MS;
  for (const [name, table] of Object.entries(CANDIDATES)) {
    try {
      times.set(name, await measure(new Tuning(facts, table)));
    } catch (error) {
      failure = error; // what this driver refuses, others take
    }
    if (performance.now() > endMs) break;
  }
  if (times.size === 0) throw failure;
  return times;
}

/** Everything that kernels depend on: fields, and neither names nor weights. */
function shapeOf({ layers }: Network): string {
  const shapes = layers.map((layer) => {
    const { fields } = layerType(layer);
    const values = layer as unknown as Readonly<Record<string, unknown>>;
    return [layer.type, layer.storage, ...Object.entries(fields).map(([key, field]) => field.describe(values[key]))];
  });
  return shapes.map((shape) => shape.join(" ")).join(", ");
}
