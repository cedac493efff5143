import { recurrentCellKernel } from "../../kernels/recurrentCell.js";
import { resetsBefore } from "../../kernels/recurrentUnit.js";
import type { RecurrentFamily } from "./family.js";
import { outputOf } from "./projected.js";

/** A dispatch for each step, which makes its projection too. */
export interface CellShape {
  readonly kernel: "cell";
}

export const cell: RecurrentFamily<CellShape> = {
  fits: (layer, _, { layout }) => !resetsBefore(layer) && layout.isOneBuffer,

  plan(layer, _, inputs, planner) {
    const { layout, stepBuffers } = planner;
    const source = planner.gather(layer.name, inputs);
    const value = outputOf(layer, planner);
    const offsetOf = (tensor: string) => layout.weight(layer, tensor).offsetBytes;
    const kernel = recurrentCellKernel(layer, layout.stateSize, offsetOf);
    const { allWeights, allBiases } = layout;
    const buffers = [...stepBuffers, source, allWeights, allBiases, layout.state(layer), value.buffer];
    planner.steps([{ kernel, buffers }]);
    return { value };
  },
};
