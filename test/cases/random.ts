// Seeded data for tests: the same numbers in Node and in the page.

import { completeLayer, defineNetwork } from "../../src/model/defineNetwork.js";
import type { ActivationSpec, ElementFunction, RowFunction } from "../../src/layers/activation.js";
import type { DenseLayer, DenseSpec } from "../../src/layers/dense.js";
import type { Direction } from "../../src/layers/direction.js";
import type { EmbeddingLayer, EmbeddingSpec } from "../../src/layers/embedding.js";
import type { GruLayer, GruSpec } from "../../src/layers/gru.js";
import type { LayerSpec } from "../../src/layers/index.js";
import type { Network } from "../../src/model/network.js";

/** Uniform numbers in [0, 1): mulberry32. */
export function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Uniform float32 numbers in [-scale, scale). */
export function randomArray(length: number, next: () => number, scale = 1): Float32Array {
  const values = new Float32Array(length);
  for (let i = 0; i < length; i++) values[i] = (2 * next() - 1) * scale;
  return values;
}

export interface GruShape {
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly resetAfter?: boolean;
  readonly hasBias?: boolean;
  readonly direction?: Direction;
  readonly gateActivation?: ActivationSpec;
  readonly newActivation?: ActivationSpec;
  readonly clip?: number;
  readonly returnSequences?: boolean;
  readonly rows?: number;
  readonly frameSteps?: number;
}

/** The tensors of a recurrent layer, in PyTorch's initial range, 1 / sqrt(H). @param numGates rows of weights for each unit */
export function randomTensors(
  shape: { readonly inputSize: number; readonly hiddenSize: number; readonly direction?: Direction },
  numGates: number,
  next: () => number,
  hasBias = true,
) {
  const { inputSize, hiddenSize, direction } = shape;
  const numRows = numGates * hiddenSize * (direction === "bidirectional" ? 2 : 1);
  const scale = 1 / Math.sqrt(hiddenSize);
  return {
    weight: randomArray(numRows * inputSize, next, scale),
    recurrentWeight: randomArray(numRows * hiddenSize, next, scale),
    bias: hasBias ? randomArray(numRows, next, scale) : null,
    recurrentBias: hasBias ? randomArray(numRows, next, scale) : null,
  };
}

/** A GRU layer with PyTorch's initial range, 1 / sqrt(H): weights differ everywhere, and states do not explode. */
export function randomGru(name: string, inputs: string[], shape: GruShape, next: () => number): GruLayer {
  const { hasBias = true, ...rest } = shape;
  const spec: GruSpec = {
    type: "gru",
    name,
    inputs,
    ...rest,
    ...randomTensors(shape, 3, next, hasBias),
  };
  const layer = completeLayer(spec, "input") as GruLayer;
  // A layer that gives its last step only is two, which `defineNetwork` makes of it.
  return rest.returnSequences === undefined ? layer : Object.assign({ returnSequences: rest.returnSequences }, layer);
}

const NUM_GATES = { gru: 3, lstm: 4, rnn: 1 };

/** The recurrent layer types. */
export type CellType = keyof typeof NUM_GATES;

/** Fields that all of them have. */
export interface RecurrentShape extends Pick<GruShape, "inputSize" | "hiddenSize" | "rows" | "frameSteps"> {
  readonly keepsState?: boolean;
  readonly direction?: Direction;
  readonly resetAfter?: boolean;
  readonly clip?: number;
  readonly gateActivation?: "hardSigmoid";
  readonly returnSequences?: boolean;
}

/** A recurrent layer of any type, as `randomGru` makes a GRU. */
export function randomRecurrent(
  type: CellType,
  name: string,
  inputs: string[],
  shape: RecurrentShape,
  next: () => number,
): LayerSpec {
  const spec = { type, name, inputs, ...shape, ...randomTensors(shape, NUM_GATES[type], next) };
  return spec as LayerSpec;
}

export function randomDense(
  name: string,
  inputs: string[],
  [inputSize, outputSize]: [number, number],
  activation: ActivationSpec<ElementFunction | RowFunction>,
  next: () => number,
  groups = 1,
): DenseLayer {
  const scale = 1 / Math.sqrt(inputSize / groups);
  const weight = randomArray((outputSize * inputSize) / groups, next, scale);
  const spec: DenseSpec = {
    type: "dense",
    name,
    inputs,
    inputSize,
    outputSize,
    activation,
    groups,
    weight,
    bias: randomArray(outputSize, next, scale),
  };
  return completeLayer(spec, "input") as DenseLayer;
}

export function randomEmbedding(
  name: string,
  [numEmbeddings, embeddingSize]: [number, number],
  next: () => number,
): EmbeddingLayer {
  const weight = randomArray(numEmbeddings * embeddingSize, next);
  const spec: EmbeddingSpec = { type: "embedding", name, numEmbeddings, embeddingSize, weight };
  return completeLayer(spec, "input") as EmbeddingLayer;
}

export interface StackShape {
  readonly seed: number;
  readonly inputSize: number;
  readonly hiddenSizes: readonly number[];
  readonly resetAfter: boolean;
}

/** GRU layers, each reading the one before. */
export function randomStack({ seed, inputSize, hiddenSizes, resetAfter }: StackShape): Network {
  const next = uniform(seed);
  const layers = hiddenSizes.map((hiddenSize, i) => {
    const inputs = [i === 0 ? "input" : `gru${i - 1}`];
    const size = i === 0 ? inputSize : hiddenSizes[i - 1]!;
    return randomGru(`gru${i}`, inputs, { inputSize: size, hiddenSize, resetAfter }, next);
  });
  return defineNetwork({ layers });
}

/** Every kind of layer and wiring at odd sizes: a concatenation of the input and two layers, a softmax head. */
export function randomMixed(
  seed: number,
  activation: ActivationSpec<ElementFunction | RowFunction>,
  headSize: number,
): Network {
  const next = uniform(seed);
  return defineNetwork({
    layers: [
      randomDense("front", ["input"], [5, 7], "tanh", next),
      randomGru("first", ["front"], { inputSize: 7, hiddenSize: 6, resetAfter: false, hasBias: false }, next),
      randomDense("side", ["first"], [6, 3], "relu", next),
      randomGru("second", ["first", "input", "side"], { inputSize: 14, hiddenSize: 9 }, next),
      randomDense("head", ["second", "front"], [16, headSize], activation, next),
    ],
  });
}

/** One GRU layer that reads the input. */
export function oneGru(seed: number, shape: GruShape): Network {
  return defineNetwork({ layers: [randomGru("gru", ["input"], shape, uniform(seed))] });
}

/** A text model's shape: embedding, two GRU layers, a softmax head. */
export function randomTextModel(seed: number, vocabularySize: number): Network {
  const next = uniform(seed);
  return defineNetwork({
    layers: [
      randomEmbedding("embedding", [vocabularySize, 6], next),
      randomGru("gru0", ["embedding"], { inputSize: 6, hiddenSize: 10 }, next),
      randomGru("gru1", ["gru0"], { inputSize: 10, hiddenSize: 12 }, next),
      randomDense("head", ["gru1"], [12, vocabularySize], "softmax", next),
    ],
  });
}

/** Input for `numRows` rows of a network: features in [-1, 1), or indices of its embedding. */
export function randomInput(network: Network, numRows: number, seed: number): Float32Array {
  const next = uniform(seed);
  if (network.inputType === "features") return randomArray(numRows * network.inputSize, next);
  const table = network.layers.find((layer) => layer.type === "embedding")!;
  return Float32Array.from({ length: numRows }, () => Math.floor(next() * table.numEmbeddings));
}
