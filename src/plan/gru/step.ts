import { gruGatesKernel } from "../../kernels/gruGates.js";
import { gruNewKernel } from "../../kernels/gruNew.js";
import { gruStepKernel, type StepTile } from "../../kernels/gruStep.js";
import { paddedSize } from "../../kernels/kernelSpec.js";
import { numDirections } from "../../layers/direction.js";
import type { GruFamily } from "./family.js";
import { planProjected } from "./projected.js";

/**
 * A dispatch for each step, two where the reset gate comes before the product; many workgroups share a step. An invocation
 * makes one unit of one row; four units or four rows, which read the state or the weights once, are for reset-after alone.
 */
export interface StepShape extends StepTile {
  readonly kernel: "step";
}

export const step: GruFamily<StepShape> = {
  fits: (layer, { units, rows }) => layer.resetAfter || units * rows === 1,

  plan(layer, shape, inputs, planner) {
    const { buffers, output, value } = planProjected(layer, inputs, planner);
    const { stateSize } = planner.layout;
    if (layer.resetAfter) {
      planner.steps([{ kernel: gruStepKernel(layer, stateSize, shape), buffers: [...buffers, output] }]);
    } else {
      const gatedElements = 2 * numDirections(layer) * planner.request.maxRows * paddedSize(layer.hiddenSize);
      const gated = planner.buffer(`${layer.name}.gated`, gatedElements);
      planner.steps([
        { kernel: gruGatesKernel(layer, stateSize), buffers: [...buffers, gated] },
        { kernel: gruNewKernel(layer, stateSize), buffers: [...buffers, output, gated] },
      ]);
    }
    return { value };
  },
};
