// The list of families that advance a recurrent layer. A new one is its file here with its shader and kernel, and a line in
// `FAMILIES`; rows of the table then name it.

import type { RecurrentLayer } from "../../kernels/recurrentUnit.js";
import type { PlannedLayers } from "../layerPlan.js";
import { type Alternative, ALWAYS, type Planner, type Value } from "../planner.js";
import { isForRows, isForSize, type KernelFamily } from "../tuning.js";
import { cell, type CellShape } from "./cell.js";
import { cooperative, type CooperativeShape } from "./cooperative.js";
import type { RecurrentFamily } from "./family.js";
import { persistent, type PersistentShape } from "./persistent.js";
import { step, type StepShape } from "./step.js";
import { wavefront, type WavefrontShape } from "./wavefront.js";

const FAMILIES = { cell, step, persistent, cooperative, wavefront };

/** A family with its shape, as a row of the table says it. */
export type FamilyShape = CellShape | StepShape | PersistentShape | CooperativeShape | WavefrontShape;

/** One unit of one row by each invocation: for every layer and chunk that no row of the table is for. */
const SINGLE_STEPS: StepShape = { kernel: "step", units: 1, rows: 1 };

/** The ways to advance a layer on a device, most wanted first. */
export function waysToAdvance(
  layer: RecurrentLayer,
  inputs: readonly Value[],
  planner: Planner,
): Alternative<PlannedLayers>[] {
  const ways = planner.request.tuning.rowsFor(layer.hiddenSize).flatMap((row) => {
    const family = familyOf(row.family);
    if (family === null || !family.fits(layer, row.family, planner)) return [];
    const isRight = isForSize(row, planner.numRowsAndSteps) && (family.fitsSize?.(layer, row.family, planner) ?? true);
    return [
      {
        isForRows: isForRows(row, planner.request.maxRows),
        isRight,
        plan: () => family.plan(layer, row.family, inputs, planner),
      },
    ];
  });
  return [...ways, { ...ALWAYS, plan: () => step.plan(layer, SINGLE_STEPS, inputs, planner) }];
}

/** Null for a family of whole networks. */
function familyOf({ kernel }: KernelFamily): RecurrentFamily<KernelFamily> | null {
  return (FAMILIES as unknown as Record<string, RecurrentFamily<KernelFamily>>)[kernel] ?? null;
}
