import {
  type GruLayer,
  gruLayers,
  type Layer,
  layerNamed,
  layerOutputSize,
  type Network,
  NETWORK_INPUT,
  numDirections,
  sequenceNames,
  stateLength,
} from "../model/network.js";
import { concat } from "./concat.js";
import { dense } from "./dense.js";
import { embedding } from "./embedding.js";
import { gruGates } from "./gruGates.js";
import { gruNew } from "./gruNew.js";
import { gruProject } from "./gruProject.js";
import { gruStep } from "./gruStep.js";
import { lastStep } from "./lastStep.js";

export interface ReferenceRequest {
  /** [T, B, I], or [T, B] indices */
  readonly input: ArrayLike<number>;
  readonly batchSize: number;
  /** [D, B, H] of each GRU layer, one after the other; zeros when absent */
  readonly initialState?: ArrayLike<number> | undefined;
  /** [B] steps of each row; T when absent */
  readonly lengths?: ArrayLike<number> | undefined;
  /** Every step of the outputs (when absent), or each row's last. */
  readonly returnSequences?: boolean | undefined;
}

export interface ReferenceResult {
  /** The main output, [T, B, O] or [B, O]. */
  readonly output: Float64Array;
  readonly outputs: Record<string, Float64Array>;
  readonly finalState: Float64Array;
}

/** A sequence of one row: its steps, up to its length. Where a layer gives one step only, one. */
type Steps = Float64Array[];

/** Runs a network in float64, one row after the other, layer by layer: the oracle of every test. */
export function runReference(network: Network, request: ReferenceRequest): ReferenceResult {
  const { input, batchSize, initialState, lengths, returnSequences = true } = request;
  const numSteps = input.length / (batchSize * network.inputSize);
  const sequences = sequenceNames(network.layers);
  const outputs: Record<string, Float64Array> = {};
  for (const name of network.outputs) {
    const isSequence = returnSequences && sequences.has(name);
    outputs[name] = new Float64Array(
      (isSequence ? numSteps : 1) * batchSize * layerOutputSize(layerNamed(network, name)),
    );
  }
  const finalState = Float64Array.from(initialState ?? new Float64Array(stateLength(network, batchSize)));
  for (let row = 0; row < batchSize; row++) {
    const length = lengths?.[row] ?? numSteps;
    const steps = Array.from({ length }, (_, step) => sliceRow(input, step * batchSize + row, network.inputSize));
    if (network.reversesInput) steps.reverse();
    const values = runRow(network, steps, stateViews(network, batchSize, row, finalState));
    for (const name of network.outputs) {
      const given = returnSequences ? values.get(name)! : values.get(name)!.slice(-1);
      given.forEach((value, step) => outputs[name]!.set(value, (step * batchSize + row) * value.length));
    }
  }
  return { output: outputs[network.outputs[0]!]!, outputs, finalState };
}

/** One row through every layer; replaces its states. @returns the steps of every layer, by name */
function runRow(network: Network, input: Steps, states: ReadonlyMap<GruLayer, Float64Array[]>): Map<string, Steps> {
  const values = new Map([[NETWORK_INPUT, input]]);
  for (const layer of network.layers) {
    const parts = layer.inputs.map((name) => values.get(name)!);
    const steps = parts[0]!.map((_, step) => concat(parts.map((part) => part[step]!)));
    values.set(layer.name, runLayer(layer, steps, states));
  }
  return values;
}

function runLayer(layer: Layer, steps: Steps, states: ReadonlyMap<GruLayer, Float64Array[]>): Steps {
  switch (layer.type) {
    case "embedding":
      return steps.map((x) => embedding(layer, x[0]!));
    case "dense":
      return steps.map((x) => dense(layer, x));
    case "gru":
      return runGru(layer, steps, states.get(layer)!);
  }
}

/** All directions of a GRU layer. @param states [H] of each direction, replaced */
function runGru(layer: GruLayer, steps: Steps, states: readonly Float64Array[]): Steps {
  const { direction, hiddenSize, returnSequences } = layer;
  const projections = steps.map((x) => gruProject(layer, x));
  const byDirection = states.map((state, d) => {
    const isReverse = direction === "reverse" || d === 1;
    const outputs: Steps = [];
    for (const x of isReverse ? [...projections].reverse() : projections) {
      state.set(gruCell(layer, d, x, state));
      outputs.push(state.slice());
    }
    return isReverse ? outputs.reverse() : outputs;
  });
  const joined = steps.map((_, step) => concat(byDirection.map((outputs) => outputs[step]!)));
  if (returnSequences || joined.length === 0) return joined;
  const firstAtStart = direction === "forward" ? Infinity : hiddenSize * (numDirections(layer) - 1);
  return [lastStep(joined, firstAtStart)];
}

function gruCell(layer: GruLayer, direction: number, projection: Float64Array, h: Float64Array): Float64Array {
  if (layer.resetAfter) return gruStep(layer, direction, projection, h);
  const { resetState, update } = gruGates(layer, direction, projection, h);
  return gruNew(layer, direction, projection, h, resetState, update);
}

function sliceRow(values: ArrayLike<number>, row: number, size: number): Float64Array {
  return Float64Array.from({ length: size }, (_, i) => values[row * size + i]!);
}

/** Where one row's states are in a state of all rows: [H] of each direction of each layer. */
function stateViews(
  network: Network,
  batchSize: number,
  row: number,
  state: Float64Array,
): Map<GruLayer, Float64Array[]> {
  const views = new Map<GruLayer, Float64Array[]>();
  let layerStart = 0;
  for (const layer of gruLayers(network)) {
    const { hiddenSize } = layer;
    const starts = Array.from(
      { length: numDirections(layer) },
      (_, d) => layerStart + (d * batchSize + row) * hiddenSize,
    );
    views.set(
      layer,
      starts.map((start) => state.subarray(start, start + hiddenSize)),
    );
    layerStart += numDirections(layer) * batchSize * hiddenSize;
  }
  return views;
}
