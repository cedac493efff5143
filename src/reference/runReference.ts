import { type GruLayer, gruLayers, type Layer, type Network, NETWORK_INPUT } from "../model/network.js";
import { concat } from "./concat.js";
import { dense } from "./dense.js";
import { embedding } from "./embedding.js";
import { gruGates } from "./gruGates.js";
import { gruNew } from "./gruNew.js";
import { gruProject } from "./gruProject.js";
import { gruStep } from "./gruStep.js";

export interface ReferenceRequest {
  /** [T, B, I], or [T, B] indices */
  readonly input: ArrayLike<number>;
  readonly batchSize: number;
  /** [B, H] of each GRU layer, one after the other; zeros when absent */
  readonly initialState?: ArrayLike<number>;
}

/**
 * Runs a network in float64, one row and one step at a time: the oracle of every test.
 *
 * @returns `output` [T, B, O], and `finalState` laid out as `initialState`
 */
export function runReference(
  network: Network,
  { input, batchSize, initialState }: ReferenceRequest,
): { output: Float64Array; finalState: Float64Array } {
  const numSteps = input.length / (batchSize * network.inputSize);
  const output = new Float64Array(numSteps * batchSize * network.outputSize);
  const finalState: number[][] = gruLayers(network).map(() => []);
  for (let row = 0; row < batchSize; row++) {
    const states = splitState(network, batchSize, row, initialState);
    for (let step = 0; step < numSteps; step++) {
      const at = step * batchSize + row;
      const x = Float64Array.from({ length: network.inputSize }, (_, i) => input[at * network.inputSize + i]!);
      output.set(stepRow(network, x, states), at * network.outputSize);
    }
    gruLayers(network).forEach((layer, i) => finalState[i]!.push(...states.get(layer)!));
  }
  return { output, finalState: Float64Array.from(finalState.flat()) };
}

/** One step of one row through every layer; replaces the row's states. */
function stepRow(network: Network, input: Float64Array, states: Map<GruLayer, Float64Array>): Float64Array {
  const outputs = new Map([[NETWORK_INPUT, input]]);
  let last = input;
  for (const layer of network.layers) {
    last = stepLayer(layer, concat(layer.inputs.map((name) => outputs.get(name)!)), states);
    outputs.set(layer.name, last);
  }
  return last;
}

function stepLayer(layer: Layer, x: Float64Array, states: Map<GruLayer, Float64Array>): Float64Array {
  switch (layer.type) {
    case "embedding":
      return embedding(layer, x[0]!);
    case "dense":
      return dense(layer, x);
    case "gru": {
      const next = gruCell(layer, gruProject(layer, x), states.get(layer)!);
      states.set(layer, next);
      return next;
    }
  }
}

function gruCell(layer: GruLayer, projection: Float64Array, h: Float64Array): Float64Array {
  if (layer.resetAfter) return gruStep(layer, projection, h);
  const { resetState, update } = gruGates(layer, projection, h);
  return gruNew(layer, projection, h, resetState, update);
}

function splitState(
  network: Network,
  batchSize: number,
  row: number,
  initialState: ArrayLike<number> | undefined,
): Map<GruLayer, Float64Array> {
  const states = new Map<GruLayer, Float64Array>();
  let layerStart = 0;
  for (const layer of gruLayers(network)) {
    const start = layerStart + row * layer.hiddenSize;
    states.set(
      layer,
      Float64Array.from({ length: layer.hiddenSize }, (_, i) => initialState?.[start + i] ?? 0),
    );
    layerStart += batchSize * layer.hiddenSize;
  }
  return states;
}
