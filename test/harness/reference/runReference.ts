import { equationOf } from "../../../src/layers/equations.js";
import { stepsAt } from "../../../src/layers/cadence.js";
import { layerOutputSize } from "../../../src/layers/index.js";
import {
  isStepByStep,
  keeperOf,
  layerNamed,
  type Network,
  NETWORK_INPUT,
  nextOf,
  sequencesOf,
  stateLength,
  stateOf,
} from "../../../src/model/network.js";

export interface ReferenceRequest {
  /** [T, B, I], or [T, B] indices */
  readonly input: ArrayLike<number>;
  readonly batchSize: number;
  /** [D, B, H] of each GRU layer, one after the other; the network's own when absent */
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
  const sequences = sequencesOf(network.layers);
  const outputs: Record<string, Float64Array> = {};
  for (const name of network.outputs) {
    const cadence = returnSequences ? sequences.get(name) : undefined;
    const numOutputs = cadence === undefined ? 1 : stepsAt(cadence, numSteps);
    outputs[name] = new Float64Array(numOutputs * batchSize * layerOutputSize(layerNamed(network, name)));
  }
  const finalState = Float64Array.from(initialState ?? ownState(network, batchSize));
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

/** The state that a network begins with, of all rows: what its layers say, or zeros. */
function ownState(network: Network, batchSize: number): Float64Array {
  const states = new Float64Array(stateLength(network, batchSize));
  for (let row = 0; row < batchSize; row++) {
    for (const { layer, name, size, initial = "" } of stateOf(network)) {
      const values = (layer as unknown as Readonly<Record<string, Float32Array | null>>)[initial] ?? null;
      const views = stateViews(network, batchSize, row, states).get(layer.name)![name]!;
      if (values !== null) views.forEach((view, d) => view.set(values.subarray(d * size, (d + 1) * size)));
    }
  }
  return states;
}

/** A row's states: [size] of each direction, by layer and block. */
type States = ReadonlyMap<string, Record<string, Float64Array[]>>;

/** One row through every layer; replaces its states. @returns the steps of every layer, by name */
function runRow(network: Network, input: Steps, states: States): Map<string, Steps> {
  if (!isStepByStep(network) || input.length === 0) return runLayers(network, input, states);
  const values = new Map<string, Steps>();
  for (const step of input) {
    const given = runLayers(network, [step], states);
    for (const layer of network.layers) {
      const next = nextOf(layer);
      if (next !== null) states.get(layer.name)!.carried![0]!.set(given.get(next)![0]!);
    }
    const sequences = sequencesOf(network.layers);
    given.forEach((steps, name) =>
      values.set(name, sequences.has(name) ? [...(values.get(name) ?? []), ...steps] : steps),
    );
  }
  return values;
}

function runLayers(network: Network, input: Steps, states: States): Map<string, Steps> {
  const values = new Map([[NETWORK_INPUT, input]]);
  for (const layer of network.layers) {
    const parts = layer.inputs.map((name) => values.get(name)!);
    const numSteps = Math.min(...parts.map(({ length }) => length), parts.length > 0 ? Infinity : input.length);
    const steps = Array.from({ length: numSteps }, (_, step) => concat(parts.map((part) => part[step]!)));
    values.set(layer.name, equationOf(layer)(layer, steps, states.get(keeperOf(layer))!));
  }
  return values;
}

/** The parts, one after the other. @param parts each [S] @returns [sum of S] */
function concat(parts: readonly Float64Array[]): Float64Array {
  return Float64Array.from(parts.flatMap((part) => [...part]));
}

function sliceRow(values: ArrayLike<number>, row: number, size: number): Float64Array {
  return Float64Array.from({ length: size }, (_, i) => values[row * size + i]!);
}

/** Where one row's states are in a state of all rows. */
function stateViews(network: Network, batchSize: number, row: number, state: Float64Array): States {
  const views = new Map(network.layers.map(({ name }) => [name, {} as Record<string, Float64Array[]>]));
  for (const { layer, name, numDirections, size, start } of stateOf(network)) {
    views.get(layer.name)![name] = Array.from({ length: numDirections }, (_, d) => {
      const at = batchSize * start + (d * batchSize + row) * size;
      return state.subarray(at, at + size);
    });
  }
  return views;
}
