// Writes TF.js layers models: the easiest of Keras's files to make, good ones and lies.

import { randomArray, uniform } from "../cases/random.js";

/** A layer of a topology, and the shapes of its weights by name. */
export interface LayerParts {
  readonly class_name: string;
  readonly config: Record<string, unknown>;
  readonly weights?: Readonly<Record<string, readonly number[]>>;
  /** Names of what it reads, in a graph. */
  readonly inputs?: readonly string[];
}

/** The contents of a model.json, to be changed before it is written. */
export interface LayersModel {
  format: string;
  modelTopology: { class_name: string; config: Record<string, unknown>; keras_version: string };
  weightsManifest: { paths: unknown[]; weights: Record<string, unknown>[] }[];
}

export const SHARD = "weights.bin";

/** A model of random weights, and the file that they are in. @param outputs of a graph; a list of layers without */
export function layersModel(
  layers: readonly LayerParts[],
  outputs?: readonly string[],
): { json: LayersModel; files: Map<string, Uint8Array> } {
  const weights = layers.flatMap(({ config, weights: shapes = {} }) =>
    Object.entries(shapes).map(([name, shape]) => ({
      name: `${String(config["name"])}/${name}`,
      shape,
      dtype: "float32",
    })),
  );
  const numElements = weights.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0);
  const values = randomArray(numElements, uniform(77));
  const entries = layers.map(({ class_name, config, inputs = [] }) => ({
    class_name,
    config,
    ...(outputs === undefined ? {} : { name: config["name"], inbound_nodes: nodes(inputs) }),
  }));
  const graph = { layers: entries, output_layers: outputs?.map((name) => [name, 0, 0]) };
  return {
    json: {
      format: "layers-model",
      modelTopology: {
        class_name: outputs === undefined ? "Sequential" : "Model",
        config: outputs === undefined ? { name: "sequential", layers: entries } : graph,
        keras_version: "2.4.0",
      },
      weightsManifest: [{ paths: [SHARD], weights }],
    },
    files: new Map([[SHARD, new Uint8Array(values.buffer)]]),
  };
}

function nodes(inputs: readonly string[]): unknown[] {
  return inputs.length === 0 ? [] : [inputs.map((name) => [name, 0, 0, {}])];
}

/** model.json's bytes. */
export function jsonBytes(json: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(json));
}

/** Shapes of a GRU's weights. */
export function gruShapes(inputSize: number, units: number, resetAfter = true): Record<string, number[]> {
  const bias = resetAfter ? [2, 3 * units] : [3 * units];
  return { kernel: [inputSize, 3 * units], recurrent_kernel: [units, 3 * units], bias };
}

/** The input of features. */
export function inputLayer(size: number | null = 3): LayerParts {
  return { class_name: "InputLayer", config: { name: "input", batch_input_shape: [null, null, size] } };
}

/** A GRU with Keras's arguments. */
export function gruLayer(inputSize: number, config: Record<string, unknown> = {}, inputs?: string[]): LayerParts {
  const own = {
    name: "gru",
    units: 2,
    reset_after: true,
    recurrent_activation: "sigmoid",
    return_sequences: true,
    ...config,
  };
  const weights = gruShapes(inputSize, own.units, own.reset_after);
  return { class_name: "GRU", config: own, weights, ...(inputs && { inputs }) };
}

/** A dense layer with Keras's arguments. */
export function denseLayer(inputSize: number, config: Record<string, unknown> = {}, inputs?: string[]): LayerParts {
  const own = { name: "dense", units: 2, activation: "linear", ...config };
  const weights = { kernel: [inputSize, own.units], bias: [own.units] };
  return { class_name: "Dense", config: own, weights, ...(inputs && { inputs }) };
}
