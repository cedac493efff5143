import { layerType } from "../layers/index.js";
import type { Network } from "../model/network.js";
import type { DeviceFacts } from "../plan/deviceFacts.js";
import { CANDIDATES } from "../plan/tables.js";
import { Tuning } from "../plan/tuning.js";
import { keepTimes, keptTimes } from "./choiceStore.js";

/** Of the kernels: with another version, kept times are not read. */
const VERSION = 6;

/** No table is tried after this time; only tables that were tried are chosen. */
const MAX_TUNING_MS = 200;

/** The network to tune for, and the device. */
export interface TuningRequest {
  readonly network: Network;
  readonly facts: DeviceFacts;
  /** The device's name, from the browser. */
  readonly deviceName: string;
  /** Time of a typical call with this tuning, in milliseconds. It frees all that it allocates. */
  measure(tuning: Tuning): Promise<number>;
}

/** The fastest tuning, and a note for `explain()`. */
export interface Tuned {
  readonly tuning: Tuning;
  readonly note: string;
}

/**
 * Tries up to five tables on the device, in about 200 ms, and takes the fastest. The times are kept by device, network shape
 * and kernel version.
 *
 * @throws the error of `measure`, if it fails for every table
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
      failure = error; // a driver may refuse a table's kernels
    }
    if (performance.now() > endMs) break;
  }
  if (times.size === 0) throw failure;
  return times;
}

/** All that kernels depend on: the fields of the layers, without names and weights. */
function shapeOf({ layers }: Network): string {
  const shapes = layers.map((layer) => {
    const { fields } = layerType(layer);
    const values = layer as unknown as Readonly<Record<string, unknown>>;
    return [layer.type, layer.storage, ...Object.entries(fields).map(([key, field]) => field.describe(values[key]))];
  });
  return shapes.map((shape) => shape.join(" ")).join(", ");
}
