import { gruPersistentKernel, persistentMemoryBytes, type PersistentTile } from "../../kernels/gruPersistent.js";
import type { GruFamily } from "./family.js";
import { planProjected } from "./projected.js";

/** One dispatch for all steps, a workgroup for each row and direction. */
export interface PersistentShape extends PersistentTile {
  readonly kernel: "persistent";
}

export const persistent: GruFamily<PersistentShape> = {
  fits: (layer, shape, { request }) =>
    (layer.resetAfter || shape.units !== 4) &&
    persistentMemoryBytes(layer, shape) <= request.tuning.facts.maxComputeWorkgroupStorageSize,

  plan(layer, shape, inputs, planner) {
    const { buffers, output, value } = planProjected(layer, inputs, planner);
    const kernel = gruPersistentKernel(layer, planner.layout.stateSize, shape);
    planner.stages.push({ type: "persistent", dispatches: [{ kernel, buffers: [...buffers, output] }] });
    return { value };
  },
};
