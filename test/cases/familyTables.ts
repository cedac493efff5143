// A table for each kernel family, which has nothing else but single steps.

import { type RecurrentRow } from "../../src/plan/recurrent/table.js";

/** Tables by the family's name, for layers of up to 64 units. */
export const FAMILY_TABLES = {
  step: [],
  cell: [{ family: { kernel: "cell" } }],
  fourUnits: [{ family: { kernel: "step", units: 4, rows: 1 } }],
  fourRows: [{ family: { kernel: "step", units: 1, rows: 4 } }],
  persistent: [{ family: { kernel: "persistent", workgroupSize: 16, lanes: 2 } }],
  persistentFourUnits: [{ family: { kernel: "persistent", workgroupSize: 16, lanes: 2, units: 4 } }],
  /** A workgroup that waits for itself alone, so that it never gives up. */
  cooperative: [{ family: { kernel: "cooperative", workgroupSize: 128, lanes: 2, maxSpins: 1, mayGiveUp: true } }],
  /** Several that give up after their first step, all of them. */
  resumed: [{ family: { kernel: "cooperative", workgroupSize: 32, lanes: 2, maxSpins: 0, mayGiveUp: true } }],
  wavefront: [{ family: { kernel: "wavefront" } }],
  network: [{ family: { kernel: "network", workgroupSize: 32 } }],
} as const satisfies Record<string, readonly RecurrentRow[]>;

/** A kernel family. */
export type FamilyName = keyof typeof FAMILY_TABLES;
