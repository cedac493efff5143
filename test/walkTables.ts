// A table for each way to walk a GRU layer through time, which has nothing else but single steps.

import type { TuningRow } from "../src/plan/tuning.js";

const STEP: TuningRow = { walk: { kernel: "step" } };

/** Tables by the name of the way, for layers of up to 64 units. */
export const WALK_TABLES = {
  step: [STEP],
  cell: [{ walk: { kernel: "cell" } }, STEP],
  quad: [{ walk: { kernel: "quad" } }, STEP],
  tile: [{ walk: { kernel: "tile" } }, STEP],
  resident: [{ walk: { kernel: "resident", workgroupSize: 16, lanes: 2 } }, STEP],
  registers: [{ walk: { kernel: "registers" } }, STEP],
  /** A workgroup that waits for itself alone, so that it never gives up. */
  chained: [{ walk: { kernel: "chained", workgroupSize: 128, lanes: 2, maxSpins: 1 } }, STEP],
  /** Several that give up after their first step, all of them. */
  resumed: [{ walk: { kernel: "chained", workgroupSize: 32, lanes: 2, maxSpins: 0 } }, STEP],
  wave: [{ walk: { kernel: "wave" } }, STEP],
  network: [{ walk: { kernel: "network", workgroupSize: 32 } }, STEP],
} as const satisfies Record<string, readonly TuningRow[]>;

/** A way to walk. */
export type WalkName = keyof typeof WALK_TABLES;
