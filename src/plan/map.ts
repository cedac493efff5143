import { paddedSize } from "../kernels/kernelSpec.js";
import { mapKernel, type MapSide } from "../kernels/map.js";
import { type MapLayer, readsBoth } from "../layers/map.js";
import type { LayerPlan } from "./layerPlan.js";
import { packBias } from "./packedWeight.js";
import type { BufferPlan } from "./plan.js";
import type { Planner, Value } from "./planner.js";

/** One side of the operation, and its buffer. */
type Side = readonly [buffer: BufferPlan, side: MapSide];

export const mapPlan: LayerPlan<MapLayer> = {
  // The bias, and padded after it the operand.
  weights: ({ bias, operand, outputSize }) => ({ constants: packBias(bias, operand, outputSize) }),

  plan(layer, inputs, planner) {
    const { name, outputSize: size, operandFirst } = layer;
    const constants = planner.layout.weight(layer, "constants");
    const [x, y] = sidesOf(layer, inputs, planner, constants);
    const [a, b] = operandFirst ? [y, x] : [x, y];
    const buffer = planner.likeInputs(`${name}.output`, inputs, paddedSize(size));
    planner.rows(inputs, mapKernel(layer, a[1], b[1]), [a[0], b[0], constants, buffer]);
    return { value: { buffer, size, isSequence: inputs[0]!.isSequence } };
  },
};

/** Two inputs of N features each are read where they are. */
function sidesOf(layer: MapLayer, inputs: readonly Value[], planner: Planner, constants: BufferPlan): [Side, Side] {
  const { name, outputSize } = layer;
  const stride = paddedSize(outputSize);
  if (readsBoth(layer) && inputs.length === 2 && inputs[0]!.size === outputSize) {
    const [x, y] = inputs.map(({ buffer }): Side => [buffer, { stride, first: 0 }]);
    return [x!, y!];
  }
  const input = planner.gather(name, inputs);
  if (!readsBoth(layer)) {
    return [
      [input, { stride, first: 0 }],
      [constants, { stride: 0, first: stride }],
    ];
  }
  const both = paddedSize(2 * outputSize);
  return [
    [input, { stride: both, first: 0 }],
    [input, { stride: both, first: outputSize }],
  ];
}
