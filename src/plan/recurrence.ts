// The plans of recurrent layers whose frames have axes of their own, of any type.

import { GruError } from "../errors.js";
import { paddedSize } from "../kernels/kernelSpec.js";
import { recurrenceKernel, recurrenceMemoryBytes, recurrenceStepsAtOnce } from "../kernels/recurrence.js";
import { numDirections } from "../layers/direction.js";
import { layerOutputSize, type RecurrentLayer, stateBlocks } from "../layers/index.js";
import { hasState, withoutFrameAxes } from "../layers/recurrent.js";
import type { DeviceFacts } from "./deviceFacts.js";
import type { LayerPlan, PlannedLayers } from "./layerPlan.js";
import { byTiles, joinPacked, packBias, packMatrix, packValues } from "./packedWeight.js";
import type { Planner, Value } from "./planner.js";

export const recurrencePlan: LayerPlan<RecurrentLayer> = {
  weights(layer) {
    const { storage, inputSize, hiddenSize, weight, weightScale, recurrentWeight, recurrentWeightScale } = layer;
    const numRows = weight.length / inputSize;
    const matrix = (values: Float32Array, scale: Float32Array | null, numColumns: number) =>
      packMatrix({ values, scale, numRows, numColumns, storage }, byTiles(numRows, numColumns));
    return {
      weights: joinPacked([
        matrix(weight, weightScale, inputSize),
        matrix(recurrentWeight, recurrentWeightScale, hiddenSize),
      ]),
      biases: joinPacked([
        packBias(layer.bias, weightScale, numRows),
        packBias(layer.recurrentBias, recurrentWeightScale, numRows),
        ...firstStates(layer),
      ]),
    };
  },

  plan(layer, inputs, planner) {
    checkDevice(layer, planner.request.tuning.facts);
    return layer.frameSteps === null || layer.keepsState
      ? alongTime(layer, inputs, planner)
      : alongFrame(layer, layer.frameSteps, inputs, planner);
  },
};

/** The vectors that each frame begins with, where it begins anew. */
function* firstStates(layer: RecurrentLayer) {
  if (hasState(layer)) return;
  const one = withoutFrameAxes(layer);
  const vectors = one as unknown as Readonly<Record<string, Float32Array | null | undefined>>;
  for (const { numDirections: directions, size, initial = "" } of stateBlocks(one)) {
    yield packValues(vectors[initial] ?? new Float32Array(directions * size));
  }
}

function checkDevice(layer: RecurrentLayer, facts: DeviceFacts): void {
  const { name, rows } = layer;
  const memoryBytes = recurrenceMemoryBytes(layer);
  const [maxRows, maxBytes] = [facts.maxComputeWorkgroupsPerDimension, facts.maxComputeWorkgroupStorageSize];
  if (rows > maxRows) throw tooLarge(name, `at most ${maxRows} rows`, `${rows}`);
  if (memoryBytes > maxBytes) {
    throw tooLarge(
      name,
      `at most ${maxBytes} bytes of workgroup memory for a row's input, state and sums`,
      `${memoryBytes}`,
    );
  }
}

function tooLarge(name: string, expected: string, got: string): GruError {
  return new GruError(
    "limit-exceeded",
    `layer "${name}": expected ${expected} on this device, got ${got}; device: "cpu" runs it`,
  );
}

function alongTime(layer: RecurrentLayer, inputs: readonly Value[], planner: Planner): PlannedLayers {
  const { layout, stepBuffers } = planner;
  const input = planner.gather(layer.name, inputs);
  const size = layerOutputSize(layer);
  const buffer = planner.sequence(`${layer.name}.output`, paddedSize(size));
  const weights = ["weights", "biases"].map((tensor) => layout.weight(layer, tensor));
  const kernel = recurrenceKernel(layer, layout.stateSize, null);
  const buffers = [...stepBuffers, input, ...weights, layout.state(layer), buffer];
  planner.add({ type: "persistent", dispatches: [{ kernel, buffers }] });
  return { value: { buffer, size, isSequence: true } };
}

/** One dispatch, or where the steps of a frame are too many for one, several that hand the states over. */
function alongFrame(
  layer: RecurrentLayer,
  frameSteps: number,
  inputs: readonly Value[],
  planner: Planner,
): PlannedLayers {
  const { layout, stepBuffers } = planner;
  const input = planner.gather(layer.name, inputs);
  const size = layerOutputSize(layer);
  const buffer = planner.likeInputs(`${layer.name}.output`, inputs, paddedSize(size));
  const numBlocks = stateBlocks(withoutFrameAxes(layer)).length * numDirections(layer);
  const state = planner.likeInputs(
    `${layer.name}.state`,
    inputs,
    numBlocks * paddedSize(layer.rows * layer.hiddenSize),
  );
  const weights = ["weights", "biases"].map((tensor) => layout.weight(layer, tensor));
  const stepsAtOnce = recurrenceStepsAtOnce(layer);
  for (let start = 0; start < frameSteps; start += stepsAtOnce) {
    const range = { start, end: Math.min(frameSteps, start + stepsAtOnce) };
    const kernel = recurrenceKernel(layer, layout.stateSize, range);
    planner.rows(inputs, kernel, [...stepBuffers.slice(1), input, ...weights, state, buffer]);
  }
  return { value: { buffer, size, isSequence: inputs[0]!.isSequence } };
}
