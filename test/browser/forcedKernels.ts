import type { KernelChoice } from "../../src/plan/kernelChoice.js";
import { tune, type TuningRow } from "../../src/plan/tuning.js";
import type { GpuChoice } from "../../src/runtime/openDevice.js";

/**
 * Chooses by a table that is not the device's own, also kernels that only some devices are trusted with: a software adapter
 * runs as many workgroups at once as there are cores to spare.
 */
export function forcedKernels({ facts }: GpuChoice, table: readonly TuningRow[]): KernelChoice {
  return tune({ ...facts, concurrentGroups: Infinity }, table);
}
