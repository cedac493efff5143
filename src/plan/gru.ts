import { denseKernel } from "../kernels/dense.js";
import { gruGatesKernel } from "../kernels/gruGates.js";
import { gruNewKernel } from "../kernels/gruNew.js";
import { gruProjectKernel, PROJECT_TILE_ROWS } from "../kernels/gruProject.js";
import { gruStepKernel } from "../kernels/gruStep.js";
import { paddedSize } from "../kernels/kernelSpec.js";
import { LINEAR } from "../layers/activation.js";
import { numDirections } from "../layers/direction.js";
import type { GruLayer } from "../layers/gru.js";
import type { LayerPlan } from "./layerPlan.js";
import { byTiles, type Layout, packBias, packMatrix } from "./packedWeight.js";
import {
  BIASES_BUFFER,
  type DispatchPlan,
  PROGRAM_BUFFER,
  type Stage,
  STATES_BUFFER,
  STATUS_BUFFER,
  WEIGHTS_BUFFER,
} from "./plan.js";
import { type Planner, STEP_BUFFERS, type Value } from "./planner.js";
import { stackFrom } from "./stack.js";

export const gruPlan: LayerPlan<GruLayer> = {
  weights(layer) {
    const { name, storage, inputSize, hiddenSize, weightScale, recurrentWeightScale } = layer;
    const numRows = numDirections(layer) * 3 * hiddenSize;
    const input = { values: layer.weight, scale: weightScale, numRows, numColumns: inputSize, storage };
    const { recurrentWeight: values } = layer;
    const recurrent = { values, scale: recurrentWeightScale, numRows, numColumns: hiddenSize, storage };
    return [
      packMatrix(`${name}.weight`, input, byTiles(numRows, inputSize)),
      packBias(`${name}.bias`, layer.bias, weightScale, numRows),
      packMatrix(`${name}.recurrentWeight`, recurrent, byUnits(layer)),
      packBias(`${name}.recurrentBias`, layer.recurrentBias, recurrentWeightScale, numRows),
    ];
  },

  plan(layer, inputs, planner) {
    const { name, hiddenSize } = layer;
    const { kernels } = planner.request;
    const cell = kernels?.cellLayer(planner.network, layer, planner.stateSize, planner.numRowsAndSteps);
    const source = cell ? planner.gather(name, inputs) : project(layer, inputs, planner);
    const size = numDirections(layer) * hiddenSize;
    const buffer = planner.sequence(`${name}.output`, paddedSize(size));
    const state = `${name}.state`;
    if (cell) {
      const buffers = [...STEP_BUFFERS, source, WEIGHTS_BUFFER, BIASES_BUFFER, state, buffer];
      planner.steps([{ kernel: cell, buffers }]);
    } else {
      planner.stages.push(recur(layer, source, state, buffer, planner));
    }
    return { buffer, size, isSequence: true };
  },

  /** All layers of a stack wavefront by wavefront. */
  planTogether(network, index, inputs, planner) {
    const stack = stackFrom(network, index);
    if (stack.length < 2) return null;
    const { maxRows, kernels } = planner.request;
    const [wavefront, second] = kernels?.walkStack(network, stack, planner.stateSize, planner.numRowsAndSteps) ?? [];
    if (wavefront === undefined) return null;
    const { name, hiddenSize: size } = stack.at(-1)!;
    const projection = project(stack[0]!, inputs, planner);
    const buffer = planner.sequence(`${name}.output`, paddedSize(size));
    const weights = [PROGRAM_BUFFER, WEIGHTS_BUFFER, BIASES_BUFFER, STATES_BUFFER];
    const dispatches: DispatchPlan[] = [];
    if (second === undefined) {
      dispatches.push({ kernel: wavefront, buffers: [...STEP_BUFFERS, projection, ...weights, buffer] });
    } else {
      const gated = planner.buffer(`${name}.gated`, 3 * stack.length * maxRows * paddedSize(size), "scratch");
      dispatches.push({ kernel: wavefront, buffers: [...STEP_BUFFERS, projection, ...weights, gated] });
      dispatches.push({ kernel: second, buffers: [...STEP_BUFFERS, gated, ...weights, buffer] });
    }
    planner.stages.push({ type: "wavefronts", dispatches, numLayers: stack.length });
    return { numLayers: stack.length, output: { buffer, size, isSequence: true } };
  },
};

/** Where a recurrent matrix's elements go: its rows in the order of shaders/lib/recurrent.wgsl. */
function byUnits(layer: GruLayer): Layout {
  const { hiddenSize } = layer;
  const tiles = paddedSize(hiddenSize) / 4;
  const layout = byTiles(numDirections(layer) * tiles * 12, hiddenSize);
  const startOf = (row: number) => {
    const unit = row % hiddenSize;
    const gate = Math.floor(row / hiddenSize) % 3;
    const direction = Math.floor(row / hiddenSize / 3);
    return layout.startOf(((direction * tiles + (unit >> 2)) * 3 + gate) * 4 + (unit & 3));
  };
  return { ...layout, startOf };
}

/** x W + b of every step. @returns its buffer */
function project(layer: GruLayer, inputs: readonly Value[], planner: Planner): string {
  const { name, inputSize, hiddenSize, storage } = layer;
  const numGateRows = 3 * hiddenSize * numDirections(layer);
  const input = planner.gather(name, inputs);
  const projection = planner.sequence(`${name}.projection`, paddedSize(numGateRows));
  // A chunk of fewer rows than a tile, a streamed step say, would spend most of the tile on nothing.
  const [numRows, numSteps] = planner.numRowsAndSteps;
  const isTile = numRows * numSteps >= PROJECT_TILE_ROWS;
  const kernel = isTile ? gruProjectKernel(layer) : denseKernel(inputSize, numGateRows, LINEAR, storage);
  planner.rows(inputs, kernel, [input, `${name}.weight`, `${name}.bias`, projection]);
  return projection;
}

/** From the projection of every step to the output of every step. */
function recur(layer: GruLayer, projection: string, state: string, output: string, planner: Planner): Stage {
  const { name } = layer;
  const weights = [`${name}.recurrentWeight`, `${name}.recurrentBias`];
  const size = planner.numRowsAndSteps;
  const { kernels } = planner.request;
  const buffers = [...STEP_BUFFERS, projection, ...weights, state, output];
  const walk = kernels?.walkLayer(layer, planner.stateSize, size);
  if (walk) {
    if (walk.length > 1) buffers.push(handOver(output, planner));
    return { type: "walk", dispatches: walk.map((kernel) => ({ kernel, buffers })) };
  }
  if (layer.resetAfter) {
    const kernel = kernels?.stepLayer(layer, planner.stateSize, size) ?? gruStepKernel(layer, planner.stateSize);
    return { type: "steps", dispatches: [{ kernel, buffers }] };
  }
  const gatedElements = 2 * numDirections(layer) * planner.request.maxRows * paddedSize(layer.hiddenSize);
  const gated = planner.buffer(`${name}.gated`, gatedElements, "scratch");
  return {
    type: "steps",
    dispatches: [
      {
        kernel: gruGatesKernel(layer, planner.stateSize),
        buffers: [...STEP_BUFFERS, projection, ...weights, state, gated],
      },
      {
        kernel: gruNewKernel(layer, planner.stateSize),
        buffers: [...STEP_BUFFERS, projection, ...weights, state, output, gated],
      },
    ],
  };
}

/** Has an output cleared, by which workgroups see what is there. @returns the buffer where they say what is not */
function handOver(output: string, planner: Planner): string {
  const { cleared } = planner;
  if (cleared.length === 0) {
    cleared.push(planner.buffer(STATUS_BUFFER, 1 + 2 * planner.request.maxRows, "scratch"));
  }
  cleared.push(output);
  return STATUS_BUFFER;
}
