import { Tuning, type TuningRow } from "../../../src/plan/tuning.js";
import type { GpuChoice } from "../../../src/runtime/openDevice.js";

/**
 * Chooses by a table that is not the device's own, also kernels that only some devices are trusted with: a software adapter
 * runs as many workgroups at once as there are cores to spare.
 */
export function forcedKernels({ facts }: GpuChoice, table: readonly TuningRow[]): Tuning {
  return new Tuning({ ...facts, concurrentGroups: Infinity }, table);
}
