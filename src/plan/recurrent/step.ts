import { gruGatesKernel } from "../../kernels/gruGates.js";
import { gruNewKernel } from "../../kernels/gruNew.js";
import { recurrentStepKernel, type StepTile } from "../../kernels/recurrentStep.js";
import { resetsBefore } from "../../kernels/recurrentUnit.js";
import { paddedSize } from "../../kernels/kernelSpec.js";
import { numDirections } from "../../layers/direction.js";
import type { RecurrentFamily } from "./family.js";
import { planProjected } from "./projected.js";

/**
 * A dispatch for each step, two where a GRU's reset gate comes before the product; many workgroups share a step. An invocation
 * makes one unit of one row; four units or four rows, which read the state or the weights once, are not for those two.
 */
export interface StepShape extends StepTile {
  readonly kernel: "step";
}

export const step: RecurrentFamily<StepShape> = {
  fits: (layer, { units, rows }) => !resetsBefore(layer) || units * rows === 1,

  plan(layer, shape, inputs, planner) {
    const { buffers, output, value } = planProjected(layer, inputs, planner);
    const { stateSize } = planner.layout;
    if (!resetsBefore(layer)) {
      planner.steps([{ kernel: recurrentStepKernel(layer, stateSize, shape), buffers: [...buffers, output] }]);
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
