// What a model file says of its network besides the weights: the layer list, as JSON.

import { GruError } from "../errors.js";
import {
  type ActivationSpec,
  ELEMENT_FUNCTIONS,
  type ElementFunction,
  ROW_FUNCTIONS,
  type RowFunction,
} from "../model/activation.js";
import { defineNetwork } from "../model/defineNetwork.js";
import type { Direction, LayerSpec, Network, Storage } from "../model/network.js";
import { checkKeys } from "./knownKeys.js";
import { listNames } from "./names.js";
import { quote } from "./quote.js";
import type { Tensor } from "./tensor.js";

interface EmbeddingDescription {
  readonly type: "embedding";
  readonly name: string;
  readonly inputs?: readonly string[];
  readonly numEmbeddings: number;
  readonly embeddingSize: number;
}

interface GruDescription {
  readonly type: "gru";
  readonly name: string;
  readonly inputs?: readonly string[];
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly direction?: Direction;
  readonly resetAfter?: boolean;
  readonly gateActivation?: ActivationSpec;
  readonly newActivation?: ActivationSpec;
  readonly clip?: number | null;
  readonly returnSequences?: boolean;
}

interface DenseDescription {
  readonly type: "dense";
  readonly name: string;
  readonly inputs?: readonly string[];
  readonly inputSize: number;
  readonly outputSize: number;
  readonly activation?: ActivationSpec<ElementFunction | RowFunction>;
}

/**
 * A layer without its weights; those are tensors of the file: `<name>.weight`, `<name>.bias`, `<name>.recurrentWeight`,
 * `<name>.recurrentBias`, and for int8 `<name>.weightScale`, `<name>.recurrentWeightScale`. See model/network.ts for
 * their shapes and for what each field means and is when it is left out.
 */
export type LayerDescription = EmbeddingDescription | GruDescription | DenseDescription;

/** The layer list of a network, in topological order. A layer without `inputs` reads the layer before it. */
export interface NetworkDescription {
  readonly version?: 1;
  readonly layers: readonly LayerDescription[];
  /** Names of the layers whose outputs are the network's; the last layer when absent. */
  readonly outputs?: readonly string[];
  /** Whether the network sees each row's last step first. */
  readonly reversesInput?: boolean;
  readonly vocabulary?: readonly string[];
}

/**
 * Joins a description and the tensors that it names to a network. Biases may be missing: they are then none.
 *
 * @param tensors by canonical name
 * @throws GruError `bad-file` for a missing tensor or a description that is not one, else as `defineNetwork`
 */
export function buildNetwork(
  description: NetworkDescription,
  tensors: ReadonlyMap<string, Tensor>,
  notes: readonly string[] = [],
): Network {
  checkDescription(description);
  const reader = new TensorReader(tensors);
  const layers = description.layers.map((layer) => buildLayer(layer, reader));
  const unused = reader.unused();
  const { outputs, reversesInput = false, vocabulary } = description;
  return defineNetwork({
    layers,
    reversesInput,
    ...(outputs === undefined ? {} : { outputs }),
    ...(vocabulary === undefined ? {} : { vocabulary }),
    notes: unused.length === 0 ? notes : [...notes, `Not used by any layer: ${listNames(unused)}.`],
  });
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

function buildLayer(layer: LayerDescription, reader: TensorReader): LayerSpec {
  const { name } = layer;
  switch (layer.type) {
    case "embedding": {
      const table = reader.matrix(`${name}.weight`, [layer.numEmbeddings, layer.embeddingSize]);
      return { ...layer, weight: table.values, weightScale: table.scale, storage: table.storage };
    }
    case "dense": {
      const matrix = reader.matrix(`${name}.weight`, [layer.outputSize, layer.inputSize]);
      const bias = reader.vector(`${name}.bias`, [layer.outputSize]);
      return { ...layer, weight: matrix.values, weightScale: matrix.scale, storage: matrix.storage, bias };
    }
    case "gru": {
      const { inputSize, hiddenSize } = layer;
      const rows = layer.direction === "bidirectional" ? [2, 3 * hiddenSize] : [3 * hiddenSize];
      const input = reader.matrix(`${name}.weight`, [...rows, inputSize]);
      const recurrent = reader.matrix(`${name}.recurrentWeight`, [...rows, hiddenSize]);
      const isOneStorage = input.storage === recurrent.storage;
      return {
        ...layer,
        weight: input.values,
        recurrentWeight: recurrent.values,
        bias: reader.vector(`${name}.bias`, rows),
        recurrentBias: reader.vector(`${name}.recurrentBias`, rows),
        storage: isOneStorage ? input.storage : "f32",
        weightScale: isOneStorage ? input.scale : null,
        recurrentWeightScale: isOneStorage ? recurrent.scale : null,
      };
    }
  }
}

/** Of tensors that are there instead of one that is missing: enough to see how a file names its layers. */
const MAX_NAMES = 4;

/** Takes tensors by name and shape, and knows which were not taken. */
class TensorReader {
  readonly #tensors: ReadonlyMap<string, Tensor>;
  readonly #used = new Set<string>();

  constructor(tensors: ReadonlyMap<string, Tensor>) {
    this.#tensors = tensors;
  }

  /** A weight matrix, with the scale of its rows applied where it is int8. */
  matrix(
    name: string,
    shape: readonly number[],
  ): { values: Float32Array; scale: Float32Array | null; storage: Storage } {
    const tensor = this.#take(name, shape) ?? this.#missing(name, shape);
    const { storage, values } = tensor;
    if (storage !== "int8") return { values, scale: null, storage };
    const scaleName = `${name}Scale`;
    const scale = this.vector(scaleName, shape.slice(0, -1)) ?? this.#missing(scaleName, shape.slice(0, -1));
    const rowLength = shape.at(-1)!;
    return { values: values.map((value, i) => value * scale[Math.floor(i / rowLength)]!), scale, storage };
  }

  /** A tensor that may be missing. */
  vector(name: string, shape: readonly number[]): Float32Array | null {
    return this.#take(name, shape)?.values ?? null;
  }

  unused(): string[] {
    return [...this.#tensors.keys()].filter((name) => !this.#used.has(name));
  }

  #missing(name: string, shape: readonly number[]): never {
    const others = this.unused().slice(0, MAX_NAMES).join(", ") || "no others";
    throw new GruError("bad-file", `${name}: expected a tensor of shape [${shape.join(", ")}], got ${others}`);
  }

  #take(name: string, shape: readonly number[]): Tensor | null {
    const tensor = this.#tensors.get(name);
    if (tensor === undefined) return null;
    if (this.#used.has(name)) throw new GruError("bad-file", `${name}: expected one layer of that name, got two`);
    this.#used.add(name);
    if (tensor.shape.join() === shape.join()) return tensor;
    throw new GruError(
      "shape-mismatch",
      `${name}: expected shape [${shape.join(", ")}], got [${tensor.shape.join(", ")}]`,
    );
  }
}

/** Keys of a description, and by a layer's type the sizes that it must give. */
const KEYS = ["version", "layers", "outputs", "reversesInput", "vocabulary"] satisfies (keyof NetworkDescription)[];
const COMMON_KEYS = ["type", "name", "inputs"];
const ACTIVATION_KEYS = ["name", "alpha", "beta"];
const SIZES = {
  embedding: ["numEmbeddings", "embeddingSize"],
  gru: ["inputSize", "hiddenSize"],
  dense: ["inputSize", "outputSize"],
} as const;

/** Keys that a layer may leave out. */
const OPTIONS = {
  embedding: [],
  gru: ["direction", "resetAfter", "gateActivation", "newActivation", "clip", "returnSequences"],
  dense: ["activation"],
} as const;

/** The keys of a layer's description: all that is written of one, and all that is read. */
export function layerKeys(type: keyof typeof SIZES): string[] {
  return [...COMMON_KEYS, ...SIZES[type], ...OPTIONS[type]];
}

/** A file may say little and ask for much: each layer costs pipelines and buffers, each input a dispatch. */
const MAX_LAYERS = 256;
const MAX_INPUTS = 64;

const DIRECTIONS: readonly unknown[] = ["forward", "reverse", "bidirectional"] satisfies Direction[];

function checkDescription(value: unknown): asserts value is NetworkDescription {
  const record = asRecord(value, "description");
  const { version = 1, layers, outputs = [], reversesInput = false, vocabulary = [] } = record;
  if (version !== 1) {
    throw new GruError("unsupported", `description: expected version 1, got ${quote(version)}; update webgru`);
  }
  checkKeys("description", record, KEYS);
  if (!Array.isArray(layers)) throw bad("description.layers", "a list", layers);
  if (layers.length > MAX_LAYERS) throw bad("description.layers", `at most ${MAX_LAYERS} layers`, layers.length);
  layers.forEach((layer: unknown, i) => checkLayer(asRecord(layer, `layers[${i}]`), `layers[${i}]`));
  if (!isStrings(outputs)) throw bad("description.outputs", "a list of layer names", outputs);
  if (typeof reversesInput !== "boolean") throw bad("description.reversesInput", "true or false", reversesInput);
  if (!isStrings(vocabulary)) throw bad("description.vocabulary", "a list of strings", vocabulary);
}

function checkLayer(layer: Record<string, unknown>, at: string): void {
  const { type, name, inputs = [], direction = "forward", clip = null } = layer;
  if (!isLayerType(type)) throw unsupported(`${at}.type`, Object.keys(SIZES), type);
  checkKeys(at, layer, layerKeys(type));
  if (typeof name !== "string") throw bad(`${at}.name`, "a string", name);
  if (!isStrings(inputs)) throw bad(`${at}.inputs`, "a list of layer names", inputs);
  if (inputs.length > MAX_INPUTS) throw bad(`${at}.inputs`, `at most ${MAX_INPUTS} names`, inputs.length);
  for (const flag of ["resetAfter", "returnSequences"]) {
    const value = layer[flag];
    if (value !== undefined && typeof value !== "boolean") throw bad(`${at}.${flag}`, "true or false", value);
  }
  if (!DIRECTIONS.includes(direction)) throw unsupported(`${at}.direction`, DIRECTIONS, direction);
  if (clip !== null && !(typeof clip === "number" && clip > 0))
    throw bad(`${at}.clip`, "a number above 0, or null", clip);
  checkActivation(layer["activation"], `${at}.activation`, [...ELEMENT_FUNCTIONS, ...ROW_FUNCTIONS]);
  checkActivation(layer["gateActivation"], `${at}.gateActivation`, ELEMENT_FUNCTIONS);
  checkActivation(layer["newActivation"], `${at}.newActivation`, ELEMENT_FUNCTIONS);
  for (const size of SIZES[type]) {
    if (!Number.isSafeInteger(layer[size])) throw bad(`${at}.${size}`, "a whole number", layer[size]);
  }
}

function isLayerType(type: unknown): type is keyof typeof SIZES {
  return typeof type === "string" && Object.hasOwn(SIZES, type);
}

function checkActivation(value: unknown, at: string, names: readonly string[]): void {
  if (value === undefined) return;
  const record = typeof value === "string" ? { name: value } : asRecord(value, at);
  checkKeys(at, record, ACTIVATION_KEYS);
  const { name, alpha = 0, beta = 0 } = record;
  if (!names.includes(name as string)) throw unsupported(at, names, name);
  if (!Number.isFinite(alpha) || !Number.isFinite(beta)) throw bad(at, "alpha and beta to be finite numbers", value);
}

function asRecord(value: unknown, at: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw bad(at, "an object", value);
  return value as Record<string, unknown>;
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function bad(at: string, expected: string, got: unknown): GruError {
  return new GruError("bad-file", `${at}: expected ${expected}, got ${quote(got)}`);
}

function unsupported(at: string, expected: readonly unknown[], got: unknown): GruError {
  return new GruError("unsupported", `${at}: expected one of ${expected.join(", ")}, got ${quote(got)}`);
}
