// What a model file says of its network besides the weights: the layer list, as JSON.

import { GruError } from "../errors.js";
import { defineNetwork } from "../model/defineNetwork.js";
import { type Activation, type Layer, type Network, NETWORK_INPUT } from "../model/network.js";
import type { Tensor } from "./tensor.js";

/** A layer without its weights; those are the tensors `<name>.weight`, `<name>.bias`, and so on. */
export type LayerDescription =
  | { type: "embedding"; name: string; inputs?: string[]; numEmbeddings: number; embeddingSize: number }
  | { type: "gru"; name: string; inputs?: string[]; inputSize: number; hiddenSize: number; resetAfter?: boolean }
  | { type: "dense"; name: string; inputs?: string[]; inputSize: number; outputSize: number; activation?: Activation };

/** The layer list of a network, in topological order. A layer without `inputs` reads the layer before it. */
export interface NetworkDescription {
  readonly version?: 1;
  readonly layers: readonly LayerDescription[];
  readonly vocabulary?: readonly string[];
}

const ACTIVATIONS: readonly string[] = ["linear", "relu", "sigmoid", "tanh", "softmax", "logSoftmax"];

/**
 * Joins a description and the tensors it names to a network. GRU and dense biases may be missing: they are then none.
 *
 * @param tensors by canonical name, `<layer>.weight`, `<layer>.recurrentWeight`, `<layer>.bias`, `<layer>.recurrentBias`
 * @throws GruError `bad-file` for a missing tensor or a description that is not one, else as `defineNetwork`
 */
export function buildNetwork(
  description: NetworkDescription,
  tensors: ReadonlyMap<string, Tensor>,
  notes: readonly string[] = [],
): Network {
  checkDescription(description);
  const used = new Set<string>();
  const optional = (name: string, shape: number[]): Float32Array | null => {
    const tensor = tensors.get(name);
    if (tensor === undefined) return null;
    used.add(name);
    if (tensor.shape.join() !== shape.join()) {
      throw new GruError(
        "shape-mismatch",
        `${name}: expected shape [${shape.join(", ")}], got [${tensor.shape.join(", ")}]`,
      );
    }
    return tensor.values;
  };
  const required = (name: string, shape: number[]): Float32Array => {
    const values = optional(name, shape);
    if (values !== null) return values;
    throw new GruError("bad-file", `${name}: expected a tensor of shape [${shape.join(", ")}], got none in the file`);
  };
  const layers = description.layers.map((layer, i): Layer => {
    const inputs = layer.inputs ?? [description.layers[i - 1]?.name ?? NETWORK_INPUT];
    const { name } = layer;
    switch (layer.type) {
      case "embedding": {
        const { type, numEmbeddings, embeddingSize } = layer;
        const weight = required(`${name}.weight`, [numEmbeddings, embeddingSize]);
        return { type, name, inputs, numEmbeddings, embeddingSize, weight };
      }
      case "gru": {
        const { type, inputSize, hiddenSize, resetAfter = true } = layer;
        const weight = required(`${name}.weight`, [3 * hiddenSize, inputSize]);
        const recurrentWeight = required(`${name}.recurrentWeight`, [3 * hiddenSize, hiddenSize]);
        const bias = optional(`${name}.bias`, [3 * hiddenSize]);
        const recurrentBias = optional(`${name}.recurrentBias`, [3 * hiddenSize]);
        return { type, name, inputs, inputSize, hiddenSize, resetAfter, weight, recurrentWeight, bias, recurrentBias };
      }
      case "dense": {
        const { type, inputSize, outputSize, activation = "linear" } = layer;
        const weight = required(`${name}.weight`, [outputSize, inputSize]);
        const bias = optional(`${name}.bias`, [outputSize]);
        return { type, name, inputs, inputSize, outputSize, activation, weight, bias };
      }
    }
  });
  const unused = [...tensors.keys()].filter((name) => !used.has(name));
  const unusedNotes = unused.length > 0 ? [`Not used by any layer: ${unused.join(", ")}.`] : [];
  return defineNetwork({ layers, vocabulary: description.vocabulary ?? null, notes: [...notes, ...unusedNotes] });
}

/**
 * Parses the JSON under `webgru` in a model file's metadata.
 *
 * @throws GruError `bad-file`
 */
export function parseDescription(text: string): NetworkDescription {
  let description: unknown;
  try {
    description = JSON.parse(text);
  } catch (cause) {
    throw new GruError("bad-file", `description: expected JSON, got ${String(cause)}`, { cause });
  }
  checkDescription(description);
  return description;
}

function checkDescription(value: unknown): asserts value is NetworkDescription {
  const { version = 1, layers, vocabulary = [] } = asRecord(value, "description");
  if (version !== 1) {
    throw new GruError("unsupported", `description: expected version 1, got ${JSON.stringify(version)}; update webgru`);
  }
  if (!Array.isArray(layers)) throw bad("description.layers", "a list", layers);
  layers.forEach((layer: unknown, i) => checkLayer(asRecord(layer, `layers[${i}]`), `layers[${i}]`));
  if (!isStrings(vocabulary)) throw bad("description.vocabulary", "a list of strings", vocabulary);
}

function checkLayer(layer: Record<string, unknown>, at: string): void {
  const { type, name, inputs = [], activation = "linear", resetAfter = true } = layer;
  const sizes = Object.hasOwn(SIZES, String(type)) ? SIZES[type as keyof typeof SIZES] : null;
  if (sizes === null) {
    throw new GruError(
      "unsupported",
      `${at}.type: expected ${Object.keys(SIZES).join(", ")}, got ${JSON.stringify(type)}`,
    );
  }
  if (typeof name !== "string") throw bad(`${at}.name`, "a string", name);
  if (!isStrings(inputs)) throw bad(`${at}.inputs`, "a list of layer names", inputs);
  if (typeof resetAfter !== "boolean") throw bad(`${at}.resetAfter`, "true or false", resetAfter);
  if (!ACTIVATIONS.includes(activation as string)) {
    const expected = ACTIVATIONS.join(", ");
    throw new GruError("unsupported", `${at}.activation: expected ${expected}, got ${JSON.stringify(activation)}`);
  }
  for (const size of sizes) {
    if (!Number.isSafeInteger(layer[size])) throw bad(`${at}.${size}`, "a whole number", layer[size]);
  }
}

/** The sizes that each type of layer must give. */
const SIZES = {
  embedding: ["numEmbeddings", "embeddingSize"],
  gru: ["inputSize", "hiddenSize"],
  dense: ["inputSize", "outputSize"],
} as const;

function asRecord(value: unknown, at: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw bad(at, "an object", value);
  return value as Record<string, unknown>;
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function bad(at: string, expected: string, got: unknown): GruError {
  return new GruError("bad-file", `${at}: expected ${expected}, got ${JSON.stringify(got)}`);
}
