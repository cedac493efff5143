// The layer list of a model file, as JSON: everything about its network but the weights.

import { GruError } from "../errors.js";
import type { Field } from "../layers/field.js";
import {
  isLayerType,
  isStored,
  type Layer,
  LAYER_TYPES,
  type LayerSpec,
  layerType,
  scaleName,
  timeOf,
  withDefaults,
} from "../layers/index.js";
import { completeFields } from "../model/checkLayer.js";
import { defineNetwork } from "../model/defineNetwork.js";
import type { InputPart } from "../model/inputParts.js";
import { RETURN_SEQUENCES } from "../model/withLast.js";
import type { Network } from "../model/network.js";
import { ACTIVATION, ACTIVATION_FIELDS, type ActivationEntry, withActivations } from "./activationEntry.js";
import { checkKeys } from "./knownKeys.js";
import { listNames } from "./names.js";
import { quote } from "./quote.js";
import type { Tensor } from "./tensor.js";
import { TensorReader } from "./tensorReader.js";
import type { TensorSource } from "./tensorSource.js";

/** A spec without the fields that are tensors of the file. */
type WithoutTensors<Spec> = Spec extends unknown ? Pick<Spec, FieldsOf<Spec>> : never;
type FieldsOf<Spec> = { [Key in keyof Spec]-?: Float32Array extends Spec[Key] ? never : Key }[Exclude<
  keyof Spec,
  "storage"
>];

/**
 * A layer without its weights, which are tensors of the file: field `weight` is the tensor `<name>.weight`. See src/layers/ for
 * shapes, and for the meaning and the default of each field.
 */
export type LayerDescription = WithoutTensors<LayerSpec> & TensorSource;

/** The layer list of a network, in topological order. A layer without `inputs` reads the layer before it. */
export interface NetworkDescription {
  /** Address of the JSON Schema, for editors. */
  readonly $schema?: string;
  readonly version?: 1;
  readonly layers: readonly (LayerDescription | ActivationEntry)[];
  /** Names of the layers whose outputs are the network's; the last layer when absent. */
  readonly outputs?: readonly string[];
  /** The parts of the input, to give by name; one when absent. */
  readonly inputs?: readonly InputPart[];
  /** Whether the network sees each row's last step first. */
  readonly reversesInput?: boolean;
  readonly vocabulary?: readonly string[];
}

/**
 * Makes a network of a description and the tensors that it names. A layer may lack its biases.
 *
 * @param tensors by canonical name, or what reads them
 * @throws GruError `bad-file` for a missing tensor or a malformed description, else as `defineNetwork`
 */
export function buildNetwork(
  description: NetworkDescription,
  tensors: ReadonlyMap<string, Tensor> | TensorReader,
  notes: readonly string[] = [],
): Network {
  const reader = tensors instanceof TensorReader ? tensors : new TensorReader(tensors);
  checkDescription(description, reader);
  const layers = withActivations(description.layers).map((layer) => buildLayer(layer as LayerDescription, reader));
  const unused = reader.unused();
  const { outputs, inputs, reversesInput = false, vocabulary } = description;
  return defineNetwork({
    layers,
    reversesInput,
    ...(outputs === undefined ? {} : { outputs }),
    ...(inputs === undefined ? {} : { inputs }),
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
  checkDescription(description, new TensorReader(new Map()));
  return description;
}

function buildLayer(description: LayerDescription, reader: TensorReader): LayerSpec {
  const { tensors: names, layout, gateOrder, ...fields } = description;
  const layer = { ...fields, ...completeFields(fields as LayerDescription) } as unknown as Layer;
  const source = { ...(names && { tensors: names }), ...(layout && { layout }), ...(gateOrder && { gateOrder }) };
  const found = reader.takeAll(layer, source);
  const [first, ...others] = found.filter(({ spec }) => isStored(spec));
  const storage = others.every((other) => other.storage === first?.storage) ? (first?.storage ?? "f32") : "f32";
  const tensors: Record<string, Float32Array | null> = {};
  for (const { spec, values, scale } of found) {
    tensors[spec.name] = values;
    if (isStored(spec)) tensors[scaleName(spec.name)] = storage === "int8" ? scale : null;
  }
  return { ...fields, storage, ...tensors } as LayerSpec;
}

/** Keys of a description; the last is for editors. */
const KEYS = [
  "version",
  "layers",
  "outputs",
  "inputs",
  "reversesInput",
  "vocabulary",
  "$schema",
] satisfies (keyof NetworkDescription)[];
const ACTIVATION_KEYS = ["name", "alpha", "beta"];

/** Fields of a layer's description; for a recurrent layer with `returnSequences`. */
export function fieldsOf(type: Layer["type"] | typeof ACTIVATION): Readonly<Record<string, Field>> {
  if (type === ACTIVATION) return ACTIVATION_FIELDS;
  const { fields } = layerType({ type });
  return timeOf(withDefaults({ type })) === "recurrent" ? { ...fields, returnSequences: RETURN_SEQUENCES } : fields;
}

/** The keys of a layer's description, to write. */
export function layerKeys(type: Layer["type"] | typeof ACTIVATION): string[] {
  return ["type", "name", "inputs", ...Object.keys(fieldsOf(type))];
}

/** Limits, since a small file could ask for much: each layer costs pipelines and buffers, each input a dispatch. */
const MAX_LAYERS = 256;
const MAX_INPUTS = 64;

/** @throws GruError `bad-file`, `unsupported` */
export function checkDescription(value: unknown, reader: TensorReader): asserts value is NetworkDescription {
  const record = asRecord(value, "description");
  const { version = 1, layers, outputs = [], inputs: parts = [], reversesInput = false, vocabulary = [] } = record;
  if (version !== 1) {
    throw new GruError("unsupported", `description: expected version 1, got ${quote(version)}; update webgru`);
  }
  checkKeys("description", record, KEYS);
  if (!Array.isArray(layers)) throw bad("description.layers", "a list", layers);
  if (layers.length > MAX_LAYERS) throw bad("description.layers", `at most ${MAX_LAYERS} layers`, layers.length);
  layers.forEach((layer: unknown, i) => checkLayer(asRecord(layer, `layers[${i}]`), `layers[${i}]`, reader));
  if (!isStrings(outputs)) throw bad("description.outputs", "a list of layer names", outputs);
  const isList = Array.isArray(parts) && parts.length <= MAX_INPUTS;
  if (!isList) throw bad("description.inputs", `a list of at most ${MAX_INPUTS} parts`, parts);
  if (typeof reversesInput !== "boolean") throw bad("description.reversesInput", "true or false", reversesInput);
  if (!isStrings(vocabulary)) throw bad("description.vocabulary", "a list of strings", vocabulary);
}

function checkLayer(layer: Record<string, unknown>, at: string, reader: TensorReader): void {
  const { type, name, inputs = [] } = layer;
  if (type !== ACTIVATION && !isLayerType(type)) throw unsupported(`${at}.type`, [...LAYER_TYPES, ACTIVATION], type);
  const fields = fieldsOf(type);
  checkKeys(at, layer, [...layerKeys(type), ...reader.keys(type)]);
  if (typeof name !== "string") throw bad(`${at}.name`, "a string", name);
  if (!isStrings(inputs)) throw bad(`${at}.inputs`, "a list of layer names", inputs);
  if (inputs.length > MAX_INPUTS) throw bad(`${at}.inputs`, `at most ${MAX_INPUTS} names`, inputs.length);
  reader.check(layer, at);
  for (const [key, field] of Object.entries(fields)) checkField(field, layer[key], `${at}.${key}`);
}

function checkField(field: Field, given: unknown, at: string): void {
  if (given === undefined && field.default !== undefined) return;
  const value = given;
  const { kind, expected } = field;
  if (kind === "activation" && typeof value !== "string") checkKeys(at, asRecord(value, at), ACTIVATION_KEYS);
  if (field.accepts(value)) return;
  if (typeof expected === "string") throw bad(at, expected, value);
  if (expected.includes(true)) throw bad(at, "true or false", value);
  const name = kind === "activation" && typeof value !== "string" ? asRecord(value, at)["name"] : value;
  if (expected.includes(name)) throw bad(at, "alpha and beta to be finite numbers", value);
  throw unsupported(at, expected, name);
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
