// A network is a list of layers in topological order. Plain data: no I/O, no GPU.
//
// Gates are r, z, n (reset, update, new), stacked in that order; features are the last axis;
// time is the first: [T, B, I]. D is the number of directions, 1 or 2.

import type { Activation, ActivationSpec, ElementFunction, RowFunction } from "./activation.js";

/** The name by which a layer reads the network's own input. */
export const NETWORK_INPUT = "input";

/** A bidirectional layer runs forward and reverse side by side, and gives both, forward first. */
export type Direction = "forward" | "reverse" | "bidirectional";

/**
 * How a layer's matrices are kept on the device. Arithmetic is float32 always, and a layer's matrices hold the values
 * that the storage can hold, so every device computes with the same numbers.
 */
export type Storage = "f32" | "f16" | "int8";

interface LayerBase {
  readonly name: string;
  /** Names of the layers before it that it reads, or "input"; several are concatenated. */
  readonly inputs: readonly string[];
  readonly storage: Storage;
}

/** Index -> row of a table. */
export interface EmbeddingLayer extends LayerBase {
  readonly type: "embedding";
  readonly numEmbeddings: number;
  readonly embeddingSize: number;
  /** [V, E] */
  readonly weight: Float32Array;
  /** int8 only: what one unit of each row stands for, [V] */
  readonly weightScale: Float32Array | null;
}

/**
 * One GRU layer.
 *
 *   r = f(W_r x + b_r + R_r h + c_r)
 *   z = f(W_z x + b_z + R_z h + c_z)
 *   n = g(W_n x + b_n + r * (R_n h + c_n))    resetAfter
 *   n = g(W_n x + b_n + R_n (r * h) + c_n)    reset before
 *   h' = (1 - z) * n + z * h
 */
export interface GruLayer extends LayerBase {
  readonly type: "gru";
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly direction: Direction;
  readonly resetAfter: boolean;
  /** f, of r and z */
  readonly gateActivation: Activation;
  /** g, of n */
  readonly newActivation: Activation;
  /** What f and g get is limited to [-clip, clip]; null for no limit. */
  readonly clip: number | null;
  /** Every step's hidden state, or only the one after a row's last step: forward at its end, reverse at its start. */
  readonly returnSequences: boolean;
  /** W [D, 3H, I], rzn */
  readonly weight: Float32Array;
  /** R [D, 3H, H], rzn */
  readonly recurrentWeight: Float32Array;
  /** b [D, 3H], rzn; null means none */
  readonly bias: Float32Array | null;
  /** c [D, 3H], rzn; null means none */
  readonly recurrentBias: Float32Array | null;
  /** int8 only: what one unit of each row stands for, [D, 3H] */
  readonly weightScale: Float32Array | null;
  readonly recurrentWeightScale: Float32Array | null;
}

/** activation(W x + b). */
export interface DenseLayer extends LayerBase {
  readonly type: "dense";
  readonly inputSize: number;
  readonly outputSize: number;
  readonly activation: Activation<ElementFunction | RowFunction>;
  /** W [O, I] */
  readonly weight: Float32Array;
  /** b [O]; null means none */
  readonly bias: Float32Array | null;
  /** int8 only: what one unit of each row stands for, [O] */
  readonly weightScale: Float32Array | null;
}

/** A layer with everything said. */
export type Layer = EmbeddingLayer | GruLayer | DenseLayer;

/** What `defineNetwork` fills in when a layer leaves it out. */
type Optional<L, Keys extends keyof L> = Omit<L, Keys> & Partial<Pick<L, Keys>>;

/** Whatever is optional here is filled in by `defineNetwork`; without `inputs` a layer reads the one before it. */
export type EmbeddingSpec = Optional<EmbeddingLayer, "inputs" | "storage" | "weightScale">;

/** Forward, reset-after, sigmoid and tanh, no clip, every step, no biases, float32, unless it says otherwise. */
export type GruSpec = Optional<
  Omit<GruLayer, "gateActivation" | "newActivation"> & GruActivationSpecs,
  | "inputs"
  | "storage"
  | "direction"
  | "resetAfter"
  | "clip"
  | "returnSequences"
  | "bias"
  | "recurrentBias"
  | "weightScale"
  | "recurrentWeightScale"
>;

interface GruActivationSpecs {
  readonly gateActivation?: ActivationSpec;
  readonly newActivation?: ActivationSpec;
}

/** Linear, no bias, float32, unless it says otherwise. */
export type DenseSpec = Optional<
  Omit<DenseLayer, "activation"> & { readonly activation?: ActivationSpec<ElementFunction | RowFunction> },
  "inputs" | "storage" | "bias" | "weightScale"
>;

/** A layer as a caller may write it. */
export type LayerSpec = EmbeddingSpec | GruSpec | DenseSpec;

/** A checked network, as `defineNetwork` makes it. */
export interface Network {
  readonly layers: readonly Layer[];
  /** Names of the layers whose outputs are the network's; the first one is the main one. */
  readonly outputs: readonly string[];
  /** What one step of one row takes: `inputSize` numbers, or one index into an embedding. */
  readonly inputType: "features" | "indices";
  /** Numbers that one step of one row takes; 1 when they are indices. */
  readonly inputSize: number;
  /**
   * Whether a row's last step comes first: `run` turns the input round, up to each row's length, and all layers see it so.
   * Such a network has no streams.
   */
  readonly reversesInput: boolean;
  /** What index i of the main output (and of an embedding of that size) stands for, when the file says so. */
  readonly vocabulary: readonly string[] | null;
  /** What a reader inferred, in sentences for a person. */
  readonly notes: readonly string[];
}

/** 2 for a bidirectional layer, else 1. */
export function numDirections(layer: GruLayer): number {
  return layer.direction === "bidirectional" ? 2 : 1;
}

/** Features that a layer gives for each row. */
export function layerOutputSize(layer: Layer): number {
  switch (layer.type) {
    case "embedding":
      return layer.embeddingSize;
    case "gru":
      return numDirections(layer) * layer.hiddenSize;
    case "dense":
      return layer.outputSize;
  }
}

/** The layer of that name. */
export function layerNamed(network: Network, name: string): Layer {
  return network.layers.find((layer) => layer.name === name)!;
}

/** The network's GRU layers, in order: the layout of a state is theirs. */
export function gruLayers(network: Network): GruLayer[] {
  return network.layers.filter((layer) => layer.type === "gru");
}

/** Number of elements in a state of `batchSize` rows: [D, B, H] of each GRU layer, one after the other. */
export function stateLength(network: Network, batchSize: number): number {
  return gruLayers(network).reduce((sum, layer) => sum + batchSize * layerOutputSize(layer), 0);
}

/** Whether some layer must see a sequence's end before it can begin. */
export function hasReverse(network: Network): boolean {
  return gruLayers(network).some(({ direction }) => direction !== "forward");
}

/** Whether a step can be made before the next one is known: streams make them so. */
export function canStream(network: Network): boolean {
  return !network.reversesInput && !hasReverse(network);
}

/** Number of weights and biases. */
export function numParameters(network: Network): number {
  let total = 0;
  for (const layer of network.layers) {
    total += layer.weight.length;
    if (layer.type !== "embedding") total += layer.bias?.length ?? 0;
    if (layer.type === "gru") total += layer.recurrentWeight.length + (layer.recurrentBias?.length ?? 0);
  }
  return total;
}

/** The names in `inputs` that have a step for each step of the network's input; the rest give one row at the end. */
export function sequenceNames(layers: readonly Layer[]): Set<string> {
  const sequences = new Set([NETWORK_INPUT]);
  for (const layer of layers) {
    const isSequence = layer.inputs.every((input) => sequences.has(input));
    if (isSequence && (layer.type !== "gru" || layer.returnSequences)) sequences.add(layer.name);
  }
  return sequences;
}
