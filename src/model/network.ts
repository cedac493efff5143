// A network is a list of layers in topological order. Plain data: no I/O, no GPU.
//
// Values are time-major, [T, B, I]. D is the number of directions, 1 or 2.

import { type Cadence, EVERY_STEP, follow, isSameCadence, stepsAt } from "../layers/cadence.js";
import { cadenceOf, type Layer, layerOutputSize, layerType, stateBlocks, tensorsOf, timeOf } from "../layers/index.js";
import type { InputPart } from "./inputParts.js";
import type { StateBlock } from "../layers/layerType.js";

/** The name by which a layer reads the network's own input. */
export const NETWORK_INPUT = "input";

/** A checked network, made by `defineNetwork`. */
export interface Network {
  readonly layers: readonly Layer[];
  /** Names of the layers whose outputs are the network's; the first one is the main one. */
  readonly outputs: readonly string[];
  /** One step of one row is `inputSize` features, or one index that a layer looks up. */
  readonly inputType: "features" | "indices";
  /** Numbers that one step of one row takes; 1 when they are indices. */
  readonly inputSize: number;
  /** The parts of the input that callers may give by name, in their order; absent where it is one. */
  readonly inputs?: readonly InputPart[];
  /**
   * Whether the layers see each row's last step first: `run` reverses the input, up to each row's length. Such a network has
   * no streams.
   */
  readonly reversesInput: boolean;
  /** Element i is the meaning of index i of the main output, and of the input if it is as many indices; null if unknown. */
  readonly vocabulary: readonly string[] | null;
  /** The reader's inferences, in sentences for a person. */
  readonly notes: readonly string[];
}

/** The layer of that name. */
export function layerNamed(network: Network, name: string): Layer {
  return network.layers.find((layer) => layer.name === name)!;
}

/** The layer that knows the fewest indices, of the layers that read the network's input; null for an input of features. */
export function fewestIndices(network: Network): { layer: Layer; numIndices: number } | null {
  let fewest: { layer: Layer; numIndices: number } | null = null;
  for (const layer of network.layers) {
    const numIndices = layerType(layer).numIndices?.(layer);
    if (numIndices !== undefined && numIndices < (fewest?.numIndices ?? Infinity)) fewest = { layer, numIndices };
  }
  return fewest;
}

/** A block of a layer's state. */
export interface LayerState extends StateBlock {
  readonly layer: Layer;
  /** "<layer>.<block>" */
  readonly path: string;
  /** The offset of [D, size] in the state of one row, in elements. */
  readonly start: number;
}

const states = new WeakMap<readonly Layer[], readonly LayerState[]>();

/** The blocks of all layers' states, in order: a state is [D, B, size] of each, one after the other. */
export function stateOf({ layers }: Pick<Network, "layers">): readonly LayerState[] {
  const known = states.get(layers); // a run asks for them
  if (known !== undefined) return known;
  const blocks: LayerState[] = [];
  let start = 0;
  for (const layer of layers) {
    for (const block of stateBlocks(layer)) {
      blocks.push({ ...block, layer, path: `${layer.name}.${block.name}`, start });
      start += block.numDirections * block.size;
    }
  }
  states.set(layers, blocks);
  return blocks;
}

/** The state that a row begins with, [D, size] of each block, one after the other; null for zeros. */
export function initialStateOf(network: Network): Float32Array | null {
  let state: Float32Array | null = null;
  for (const { layer, initial = "", start } of stateOf(network)) {
    const values = (layer as unknown as Readonly<Record<string, Float32Array | null | undefined>>)[initial];
    if (values) (state ??= new Float32Array(stateLength(network, 1))).set(values, start);
  }
  return state;
}

/**
 * Calls `visit` for each [size] of each row's state, with its start in the row's own state, [D, size] of each block, and its
 * start in that of all rows, [D, B, size] of each.
 */
export function eachRowOfState(
  blocks: readonly Pick<LayerState, "start" | "numDirections" | "size">[],
  numRows: number,
  visit: (row: number, start: number, length: number, at: number) => void,
): void {
  for (const { start, numDirections, size } of blocks) {
    for (let direction = 0; direction < numDirections; direction++) {
      for (let row = 0; row < numRows; row++) {
        visit(row, start + direction * size, size, numRows * start + (direction * numRows + row) * size);
      }
    }
  }
}

/** Number of elements in a state of `batchSize` rows. */
export function stateLength(network: Network, batchSize: number): number {
  return stateOf(network).reduce((sum, { numDirections, size }) => sum + batchSize * numDirections * size, 0);
}

/** The first layer that must see a sequence's end before it can begin, and why; null where there is none. */
export function needsEnd(network: Network): { layer: Layer; reason: string } | null {
  for (const layer of network.layers) {
    const reason = layerType(layer).needsEnd?.(layer) ?? null;
    if (reason !== null) return { layer, reason };
  }
  return null;
}

/** Whether some layer must see a sequence's end before it can begin. */
export function hasReverse(network: Network): boolean {
  return needsEnd(network) !== null;
}

/** Whether each step can be computed before the next one is known, as streams need. */
export function canStream(network: Network): boolean {
  return !network.reversesInput && !hasReverse(network);
}

/** Number of weights and biases. */
export function numParameters(network: Pick<Network, "layers">): number {
  const tensors = network.layers.flatMap(tensorsOf).filter(({ kind }) => kind !== "indices");
  return tensors.reduce((sum, { values }) => sum + (values?.length ?? 0), 0);
}

/** Number of the layers up to the last one that a state depends on. */
export function numLayersOfState({ layers }: Pick<Network, "layers">): number {
  const ends = layers.map((layer, i) => {
    const next = nextOf(layer);
    const nextAt = layers.findIndex(({ name }) => name === next);
    return stateBlocks(layer).length === 0 ? 0 : 1 + Math.max(i, nextAt);
  });
  return Math.max(0, ...ends);
}

/** Name of the layer whose output is a layer's next state; null where the layer makes its state itself. */
export function nextOf(layer: Layer): string | null {
  return layerType(layer).next?.(layer) ?? null;
}

/** Name of the layer whose state a layer reads or keeps. */
export function keeperOf(layer: Layer): string {
  return layerType(layer).block?.(layer) ? layer.inputs[0]! : layer.name;
}

/** Whether a layer's step needs the step before of a layer after it, so that every step goes through all layers. */
export function isStepByStep({ layers }: Pick<Network, "layers">): boolean {
  return layers.some((layer) => nextOf(layer) !== null);
}

/** Features of the layer, or of the network's input, with that name. */
export function sizeOfValue(network: Network, name: string): number {
  return name === NETWORK_INPUT ? network.inputSize : layerOutputSize(layerNamed(network, name));
}

/**
 * The values that are sequences, and how the steps of each follow from those of the network's input. Other values are a single
 * frame at the end. Values whose steps follow alike have one and the same cadence.
 */
export function sequencesOf(layers: readonly Layer[]): ReadonlyMap<string, Cadence> {
  const cadences = cadencesOf(layers);
  const sequences = new Map([[NETWORK_INPUT, EVERY_STEP]]);
  for (const layer of layers) {
    const isSequence = layer.inputs.every((input) => sequences.has(input));
    if (isSequence && timeOf(layer) !== "summary") sequences.set(layer.name, cadences.get(layer.name)!);
  }
  return sequences;
}

/** As `sequencesOf`, of all values: a single frame has the cadence of the sequence that it comes from. */
export function cadencesOf(layers: readonly Layer[]): ReadonlyMap<string, Cadence> {
  const cadences = new Map([[NETWORK_INPUT, EVERY_STEP]]);
  for (const layer of layers) {
    const inputs = layer.inputs.map((input) => cadences.get(input)!);
    const cadence = follow(latest(inputs), cadenceOf(layer));
    const same = [...cadences.values()].find((each) => isSameCadence(each, cadence) && each.least === cadence.least);
    cadences.set(layer.name, same ?? cadence);
  }
  return cadences;
}

/** Of cadences that are the same, the one that needs the most steps to begin; every step where there is none. */
function latest([first = EVERY_STEP, ...others]: readonly Cadence[]): Cadence {
  return others.reduce((late, each) => (each.least > late.least ? each : late), first);
}

/** Steps of the input for a step of every sequence: a push is a multiple of it. */
export function framesPerStep({ layers }: Pick<Network, "layers">): number {
  let all = 1;
  for (const { stride } of sequencesOf(layers).values()) all = leastCommonMultiple(all, stride);
  return all;
}

/** Steps of each output, by name, for a row of so many; 1 of an output of a single frame, 0 where it has none. */
export function outputSteps({ layers, outputs }: Network, numSteps: number): Record<string, number> {
  const [sequences, cadences] = [sequencesOf(layers), cadencesOf(layers)];
  const stepsOf = (name: string) => {
    const steps = stepsAt(cadences.get(name)!, numSteps);
    return sequences.has(name) ? steps : Math.min(1, steps);
  };
  return Object.fromEntries(outputs.map((name) => [name, stepsOf(name)]));
}

/** The layer that needs the most steps to give any, and how many. */
export function latestLayer({ layers }: Pick<Network, "layers">): { readonly name: string; readonly least: number } {
  let found = { name: NETWORK_INPUT, least: EVERY_STEP.least };
  for (const [name, { least }] of cadencesOf(layers)) if (least > found.least) found = { name, least };
  return found;
}

function leastCommonMultiple(a: number, b: number): number {
  let [divisor, rest] = [a, b];
  while (rest > 0) [divisor, rest] = [rest, divisor % rest];
  return (a / divisor) * b;
}
