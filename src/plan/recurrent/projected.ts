// Families that advance a layer from the projection of all of a chunk's steps, x W + b.

import { denseKernel } from "../../kernels/dense.js";
import { recurrentProjectKernel, PROJECT_TILE_ROWS } from "../../kernels/recurrentProject.js";
import { paddedSize } from "../../kernels/kernelSpec.js";
import { LINEAR } from "../../layers/activation.js";
import { numDirections } from "../../layers/direction.js";
import { numGates, type RecurrentLayer } from "../../kernels/recurrentUnit.js";
import type { BufferPlan } from "../plan.js";
import type { Planner, Value } from "../planner.js";

/** Adds x W + b of every step. @returns its buffer */
export function project(layer: RecurrentLayer, inputs: readonly Value[], planner: Planner): BufferPlan {
  const { name, inputSize, hiddenSize, storage } = layer;
  const numGateRows = numGates(layer) * hiddenSize * numDirections(layer);
  const input = planner.gather(name, inputs);
  const projection = planner.sequence(`${name}.projection`, paddedSize(numGateRows));
  const weights = ["weight", "bias"].map((tensor) => planner.layout.weight(layer, tensor));
  // A chunk of fewer rows than a tile, a streamed step say, would spend most of the tile on nothing.
  const [numRows, numSteps] = planner.numRowsAndSteps;
  const kernels = [
    { isRight: numRows * numSteps >= PROJECT_TILE_ROWS, make: () => recurrentProjectKernel(layer) },
    { isRight: true, make: () => denseKernel(inputSize, numGateRows, LINEAR, storage) },
  ];
  planner.choose(
    kernels.map(({ isRight, make }) => ({
      isForRows: true,
      isRight,
      plan: () => planner.rows(inputs, make(), [input, ...weights, projection]),
    })),
  );
  return projection;
}

/** Bindings of a kernel with those of recurrent_step, and the buffer of its output. */
export interface Projected {
  /** Params, lengths, slots, projection, recurrent weight and bias, state. */
  readonly buffers: readonly BufferPlan[];
  readonly output: BufferPlan;
  readonly value: Value;
}

/** Adds a layer's projection and its output's buffer. */
export function planProjected(layer: RecurrentLayer, inputs: readonly Value[], planner: Planner): Projected {
  const projection = project(layer, inputs, planner);
  const value = outputOf(layer, planner);
  const weights = ["recurrentWeight", "recurrentBias"].map((tensor) => planner.layout.weight(layer, tensor));
  const buffers = [...planner.stepBuffers, projection, ...weights, planner.layout.state(layer)];
  return { buffers, output: value.buffer, value };
}

/** Adds the buffer of a layer's output. */
export function outputOf(layer: RecurrentLayer, planner: Planner): Value {
  const size = numDirections(layer) * layer.hiddenSize;
  return { buffer: planner.sequence(`${layer.name}.output`, paddedSize(size)), size, isSequence: true };
}
