// Plans as an engine makes them, without a device.

import type { Network } from "../../src/model/network.js";
import { maxBindingBytes } from "../../src/plan/budget.js";
import type { DeviceFacts } from "../../src/plan/deviceFacts.js";
import { layOutNetwork } from "../../src/plan/layOutNetwork.js";
import type { NetworkLayout } from "../../src/plan/networkLayout.js";
import { dispatchesOf, type Plan } from "../../src/plan/plan.js";
import type { PlanRequest } from "../../src/plan/planner.js";
import { planSequence } from "../../src/plan/planSequence.js";
import { Tuning, type TuningRow } from "../../src/plan/tuning.js";
import { DEFAULT_FACTS } from "./fakeDevice.js";

/** A device, and the table that it goes by. */
export interface PlanningDevice {
  readonly facts?: DeviceFacts;
  /** Single steps when absent. */
  readonly table?: readonly TuningRow[];
}

/** Where a network lies on a device. */
export function layOut(network: Network, facts = DEFAULT_FACTS): NetworkLayout {
  return layOutNetwork(network, maxBindingBytes(facts));
}

/** The plan of a network's chunks. */
export function planOf(
  network: Network,
  request: Omit<PlanRequest, "tuning">,
  { facts = DEFAULT_FACTS, table = [] }: PlanningDevice = {},
): Plan {
  return planSequence(layOut(network, facts), { ...request, tuning: new Tuning(facts, table) });
}

/** Stages as "type: labels of the kernels". */
export function labelsOf(plan: Plan): string[] {
  return plan.stages.map(
    (stage) =>
      `${stage.type}: ${dispatchesOf(stage)
        .map(({ kernel }) => kernel.label)
        .join(", ")}`,
  );
}
