import {
  cooperativeMemoryBytes,
  type CooperativeTile,
  gruCooperativeKernel,
  numCooperativeGroups,
} from "../../kernels/gruCooperative.js";
import { gruResumedKernel, type PersistentTile, resumedMemoryBytes } from "../../kernels/gruPersistent.js";
import type { KernelSpec } from "../../kernels/kernelSpec.js";
import { numDirections } from "../../layers/direction.js";
import type { GruLayer } from "../../layers/gru.js";
import type { Network } from "../../model/network.js";
import type { DeviceFacts } from "../deviceFacts.js";
import type { BufferPlan } from "../plan.js";
import type { Planner } from "../planner.js";
import { type KernelFamily, Tuning, type TuningRow } from "../tuning.js";
import type { GruFamily } from "./family.js";
import { planProjected } from "./projected.js";

/**
 * One dispatch for all steps, several workgroups for each row and direction, which wait for each other. Reset-after alone,
 * and only where twice as many workgroups were seen to run at once.
 */
export interface CooperativeShape extends CooperativeTile {
  readonly kernel: "cooperative";
  readonly mayGiveUp: true;
}

export const cooperative: GruFamily<CooperativeShape> = {
  fits(layer, shape, { request }) {
    const { facts } = request.tuning;
    const memoryBytes = Math.max(cooperativeMemoryBytes(layer, shape), resumedMemoryBytes(layer, resumedTile(shape)));
    return (
      layer.resetAfter &&
      memoryBytes <= facts.maxComputeWorkgroupStorageSize &&
      2 * numGroups(layer, shape, 1) <= (facts.concurrentGroups ?? 0)
    );
  },

  fitsSize(layer, shape, { request, numRowsAndSteps: [numRows, numSteps] }) {
    // A lone step, as those of generate are, has nothing to hand on.
    return numSteps > 1 && 2 * numGroups(layer, shape, numRows) <= (request.tuning.facts.concurrentGroups ?? 0);
  },

  plan(layer, shape, inputs, planner) {
    const { buffers: shared, output, value } = planProjected(layer, inputs, planner);
    const buffers = [...shared, output, handOver(output, planner)];
    const { stateSize } = planner.layout;
    const kernels = [
      gruCooperativeKernel(layer, stateSize, shape),
      gruResumedKernel(layer, stateSize, resumedTile(shape)),
    ];
    planner.stages.push({ type: "persistent", dispatches: kernels.map((kernel) => ({ kernel, buffers })) });
    return { value };
  },
};

/** Workgroups that wait for each other. */
function numGroups(layer: GruLayer, shape: CooperativeTile, numRows: number): number {
  return numCooperativeGroups(layer, shape) * numRows * numDirections(layer);
}

/** Of the kernel that goes on after a cooperative one: it is rarely needed, and fewer lanes take less memory. */
function resumedTile({ workgroupSize }: CooperativeTile): PersistentTile {
  return { workgroupSize, lanes: 1 };
}

/** Has an output cleared, by which workgroups see each other's results. @returns the buffer in which they give up */
function handOver(output: BufferPlan, planner: Planner): BufferPlan {
  const { cleared, request } = planner;
  if (planner.status === null) {
    planner.status = planner.buffer("status", 1 + 2 * request.maxRows);
    cleared.push(planner.status);
  }
  cleared.push(output);
  return planner.status;
}

/**
 * A kernel of `numGroups` workgroups, a unit each, that wait for each other: to try how many a device runs at once.
 *
 * @returns null where the table has no layer of the network run so on that device
 */
export function cooperationProbe(
  { layers }: Network,
  facts: DeviceFacts,
  table: readonly TuningRow<KernelFamily>[],
): ((numGroups: number) => KernelSpec) | null {
  const tuning = new Tuning(facts, table);
  for (const layer of layers) {
    if (layer.type !== "gru" || !layer.resetAfter) continue;
    const row = tuning.rowsFor(layer.hiddenSize).find(({ family }) => family.kernel === "cooperative");
    if (row === undefined) continue;
    const shape = row.family as CooperativeShape;
    return (hiddenSize) => {
      const probe: GruLayer = { ...layer, hiddenSize, direction: "forward" };
      return gruCooperativeKernel(probe, hiddenSize, { ...shape, lanes: shape.workgroupSize });
    };
  }
  return null;
}
