// A network is a list of layers in topological order. Plain data: no I/O, no GPU.
//
// Gates are r, z, n (reset, update, new), stacked in that order; features are the last axis;
// time is the first: [T, B, I].

/** Function at the end of a dense layer: element by element, or over the row for the two softmaxes. */
export type Activation = "linear" | "relu" | "sigmoid" | "tanh" | "softmax" | "logSoftmax";

/** The name by which a layer reads the network's own input. */
export const NETWORK_INPUT = "input";

/** Index -> row of a table. */
export interface EmbeddingLayer {
  readonly type: "embedding";
  readonly name: string;
  readonly inputs: readonly string[];
  readonly numEmbeddings: number;
  readonly embeddingSize: number;
  /** [numEmbeddings, embeddingSize] */
  readonly weight: Float32Array;
}

/**
 * One GRU layer.
 *
 *   r = sigmoid(W_r x + b_r + R_r h + c_r)
 *   z = sigmoid(W_z x + b_z + R_z h + c_z)
 *   n = tanh(W_n x + b_n + r * (R_n h + c_n))    resetAfter
 *   n = tanh(W_n x + b_n + R_n (r * h) + c_n)    reset before
 *   h' = (1 - z) * n + z * h
 */
export interface GruLayer {
  readonly type: "gru";
  readonly name: string;
  readonly inputs: readonly string[];
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly resetAfter: boolean;
  /** W [3H, I], rzn */
  readonly weight: Float32Array;
  /** R [3H, H], rzn */
  readonly recurrentWeight: Float32Array;
  /** b [3H], rzn; null means none */
  readonly bias: Float32Array | null;
  /** c [3H], rzn; null means none */
  readonly recurrentBias: Float32Array | null;
}

/** activation(W x + b). */
export interface DenseLayer {
  readonly type: "dense";
  readonly name: string;
  readonly inputs: readonly string[];
  readonly inputSize: number;
  readonly outputSize: number;
  readonly activation: Activation;
  /** W [outputSize, inputSize] */
  readonly weight: Float32Array;
  /** b [outputSize]; null means none */
  readonly bias: Float32Array | null;
}

export type Layer = EmbeddingLayer | GruLayer | DenseLayer;

/** A checked network, as `defineNetwork` makes it. Its output is its last layer's. */
export interface Network {
  readonly layers: readonly Layer[];
  /** What one step of one row takes: `inputSize` numbers, or one index into an embedding. */
  readonly inputType: "features" | "indices";
  /** Numbers that one step of one row takes; 1 when they are indices. */
  readonly inputSize: number;
  /** Numbers that one step of one row gives. */
  readonly outputSize: number;
  /** What output (and embedding) index i stands for, when the file says so. */
  readonly vocabulary: readonly string[] | null;
  /** What a reader inferred, in sentences for a person. */
  readonly notes: readonly string[];
}

/** Features that a layer gives for each row. */
export function layerOutputSize(layer: Layer): number {
  switch (layer.type) {
    case "embedding":
      return layer.embeddingSize;
    case "gru":
      return layer.hiddenSize;
    case "dense":
      return layer.outputSize;
  }
}

/** The network's GRU layers, in order: the layout of a state is theirs. */
export function gruLayers(network: Network): GruLayer[] {
  return network.layers.filter((layer) => layer.type === "gru");
}

/** Number of elements in a state of `batchSize` rows: [B, H] of each GRU layer, one after the other. */
export function stateLength(network: Network, batchSize: number): number {
  return gruLayers(network).reduce((sum, layer) => sum + batchSize * layer.hiddenSize, 0);
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
