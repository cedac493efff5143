import { gruPersistentKernel, gruPersistentMemoryBytes } from "../../kernels/gruPersistent.js";
import {
  persistentMemoryBytes,
  type PersistentTile,
  recurrentPersistentKernel,
} from "../../kernels/recurrentPersistent.js";
import { resetsBefore } from "../../kernels/recurrentUnit.js";
import type { RecurrentFamily } from "./family.js";
import { planProjected } from "./projected.js";

/** One dispatch for all steps, a workgroup for each row and direction. */
export interface PersistentShape extends PersistentTile {
  readonly kernel: "persistent";
}

export const persistent: RecurrentFamily<PersistentShape> = {
  fits(layer, shape, { request }) {
    const maxBytes = request.tuning.facts.maxComputeWorkgroupStorageSize;
    if (resetsBefore(layer)) return shape.units !== 4 && gruPersistentMemoryBytes(layer, shape) <= maxBytes;
    return persistentMemoryBytes(layer, shape) <= maxBytes;
  },

  plan(layer, shape, inputs, planner) {
    const { buffers, output, value } = planProjected(layer, inputs, planner);
    const { stateSize } = planner.layout;
    const kernel = resetsBefore(layer)
      ? gruPersistentKernel(layer, stateSize, shape)
      : recurrentPersistentKernel(layer, stateSize, shape);
    planner.add({ type: "persistent", dispatches: [{ kernel, buffers: [...buffers, output] }] });
    return { value };
  },
};
