import {
  cooperativeMemoryBytes,
  type CooperativeTile,
  numCooperativeGroups,
  recurrentCooperativeKernel,
} from "../../kernels/recurrentCooperative.js";
import { type PersistentTile, recurrentResumedKernel, resumedMemoryBytes } from "../../kernels/recurrentPersistent.js";
import type { KernelSpec } from "../../kernels/kernelSpec.js";
import { numDirections } from "../../layers/direction.js";
import { isRecurrent, type RecurrentLayer, resetsBefore, unitOf } from "../../kernels/recurrentUnit.js";
import { hasFrameAxes } from "../../layers/recurrent.js";
import type { Network } from "../../model/network.js";
import type { DeviceFacts } from "../deviceFacts.js";
import type { BufferPlan } from "../plan.js";
import type { Planner } from "../planner.js";
import { type KernelFamily, Tuning, type TuningRow } from "../tuning.js";
import type { RecurrentFamily } from "./family.js";
import { planProjected } from "./projected.js";

/**
 * One dispatch for all steps, several workgroups for each row and direction, which wait for each other. Not for a GRU with the
 * reset before nor an LSTM, and only where twice as many workgroups were seen to run at once.
 */
export interface CooperativeShape extends CooperativeTile {
  readonly kernel: "cooperative";
  readonly mayGiveUp: true;
}

export const cooperative: RecurrentFamily<CooperativeShape> = {
  fits(layer, shape, { request }) {
    const { facts } = request.tuning;
    const memoryBytes = Math.max(cooperativeMemoryBytes(layer, shape), resumedMemoryBytes(layer, resumedTile(shape)));
    return (
      isCooperative(layer) &&
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
      recurrentCooperativeKernel(layer, stateSize, shape),
      recurrentResumedKernel(layer, stateSize, resumedTile(shape)),
    ];
    planner.add({ type: "persistent", dispatches: kernels.map((kernel) => ({ kernel, buffers })) });
    return { value };
  },
};

/** Whether h alone, which workgroups hand to each other, is a layer's state, and one product its step. */
function isCooperative(layer: RecurrentLayer): boolean {
  return !resetsBefore(layer) && unitOf(layer).numKept === 1;
}

/** Workgroups that wait for each other. */
function numGroups(layer: RecurrentLayer, shape: CooperativeTile, numRows: number): number {
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
    if (!isRecurrent(layer) || !isCooperative(layer) || hasFrameAxes(layer)) continue;
    const row = tuning.rowsFor(layer.hiddenSize).find(({ family }) => family.kernel === "cooperative");
    if (row === undefined) continue;
    const shape = row.family as CooperativeShape;
    return (hiddenSize) => {
      const probe = { ...layer, hiddenSize, direction: "forward" } as const;
      return recurrentCooperativeKernel(probe, hiddenSize, { ...shape, lanes: shape.workgroupSize });
    };
  }
  return null;
}
