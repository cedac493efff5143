// The layers of a Keras model and their wiring, in the forms of Keras 1, 2 and 3 and of TF.js: a list, or a graph of nodes.

import { GruError } from "../../errors.js";
import { quote } from "../quote.js";
import { Config } from "./config.js";

/** The supported classes. A class is never looked up by its name anywhere else. */
const CLASSES = [
  "InputLayer",
  "Embedding",
  "GRU",
  "RNN",
  "Bidirectional",
  "TimeDistributed",
  "Dense",
  "Activation",
  "Dropout",
  "SpatialDropout1D",
  "Masking",
  "Concatenate",
  "Add",
  "Average",
  "Multiply",
  "NotEqual", // Keras 3's form of the mask of an embedding
] as const;

/** Name of a supported class. */
export type ClassName = (typeof CLASSES)[number];

/** A layer and the layers that it reads. */
export interface KerasLayer {
  readonly name: string;
  readonly className: ClassName;
  readonly ordinal: number;
  readonly config: Config;
  /** Names of the layers that it reads; none for the model's input. */
  readonly inputs: readonly string[];
  /** The layer whose output is the mask, if the call names one. */
  readonly mask: string | null;
  /** Shape of the input, [B, T, I] or [B, T], with null for any size; null if the layer does not say. */
  readonly inputShape: readonly unknown[] | null;
}

/** The layers of a model and its outputs. */
export interface Topology {
  /** In topological order. */
  readonly layers: readonly KerasLayer[];
  /** Names of the output layers, the main one first. */
  readonly outputs: readonly string[];
}

/** Limit of layers: each one costs pipelines and buffers. */
const MAX_LAYERS = 256;

/** Limit of a name: names are in messages and in the outputs of each run. */
const MAX_NAME_LENGTH = 256;

/**
 * Reads a model's configuration: `{ class_name, config }`.
 *
 * @throws GruError `unsupported` with the names of all unknown classes, and for graphs that a network cannot express;
 *   `bad-file`
 */
export function parseTopology(model: Config): Topology {
  const className = model.text("class_name");
  if (className === "Sequential") return parseSequential(model);
  if (className === "Functional" || className === "Model") return parseGraph(model.object("config"));
  throw model.unsupported("class_name", "Sequential or Functional");
}

function parseSequential(model: Config): Topology {
  // The list itself in Keras 1, an object with the list and a name in later versions.
  const config = model.get("config");
  const list = Array.isArray(config) ? config : model.object("config").list("layers");
  const entries = entriesOf(list);
  const layers = entries.map((entry, i) => layerOf(entry, [entries[i - 1]?.name ?? IMPLICIT_INPUT], null));
  const [first] = layers as [KerasLayer];
  if (first.className === "InputLayer") layers[0] = { ...first, inputs: [] };
  else layers.unshift({ ...first, name: IMPLICIT_INPUT, className: "InputLayer", inputs: [] });
  return { layers, outputs: [layers.at(-1)!.name] };
}

/** Name of the input of a list without an InputLayer. No layer has this name: Keras refuses "/" in names. */
const IMPLICIT_INPUT = "/input";

interface Entry {
  readonly name: string;
  readonly className: ClassName;
  readonly ordinal: number;
  readonly json: Config;
  readonly config: Config;
}

/** The layers of a list. @throws GruError `unsupported` with the names of all unknown classes */
function entriesOf(list: readonly unknown[]): Entry[] {
  if (list.length === 0 || list.length > MAX_LAYERS) {
    throw new GruError("bad-file", `keras: expected 1 to ${MAX_LAYERS} layers, got ${list.length}`);
  }
  const objects = list.map((item, i) => new Config(item, `layers[${i}]`));
  checkClasses(objects);
  const counts = new Map<string, number>();
  return objects.map((json, i) => {
    const className = json.text("class_name") as ClassName;
    const own = json.has("config") ? json.object("config") : json;
    const name = own.has("name") ? own.text("name") : json.text("name", `${className}_${i}`);
    if (name.length > MAX_NAME_LENGTH) {
      throw new GruError(
        "bad-file",
        `keras: expected names of at most ${MAX_NAME_LENGTH} characters, got ${quote(name)}`,
      );
    }
    const ordinal = counts.get(className) ?? 0;
    counts.set(className, ordinal + 1);
    return { name, className, ordinal, json, config: new Config(json.get("config") ?? {}, `layer "${name}"`) };
  });
}

function checkClasses(objects: readonly Config[]): void {
  const unknown = new Map<string, string>();
  for (const object of objects) {
    const className = object.text("class_name");
    if ((CLASSES as readonly string[]).includes(className)) continue;
    const name = object.has("config") ? object.object("config").get("name") : undefined;
    unknown.set(className, typeof name === "string" ? `${className} ("${name}")` : className);
  }
  if (unknown.size === 0) return;
  throw new GruError(
    "unsupported",
    `keras: expected layers of the classes ${CLASSES.join(", ")}, got ${quote([...unknown.values()])}`,
  );
}

function layerOf(
  { name, className, ordinal, json, config }: Entry,
  inputs: readonly string[],
  mask: string | null,
): KerasLayer {
  return { name, className, ordinal, config, inputs, mask, inputShape: inputShapeOf(json, config) };
}

function inputShapeOf(json: Config, config: Config): readonly unknown[] | null {
  const shape = config.get("batch_shape") ?? config.get("batch_input_shape");
  if (Array.isArray(shape)) return shape;
  const built = json.has("build_config") ? json.object("build_config").get("input_shape") : null;
  return Array.isArray(built) ? built : null;
}

function parseGraph(config: Config): Topology {
  const entries = entriesOf(config.list("layers"));
  const names = new Set(entries.map(({ name }) => name));
  if (names.size < entries.length) throw new GruError("bad-file", "keras: two layers have the same name");
  const layers = entries.map((entry) => {
    const { inputs, mask } = readNode(entry);
    const unknown = [...inputs, ...(mask === null ? [] : [mask])].find((name) => !names.has(name));
    if (unknown === undefined) return layerOf(entry, inputs, mask);
    throw new GruError("bad-file", `layer "${entry.name}": expected to read layers of the model, got "${unknown}"`);
  });
  const outputs = readRefs(config.get("output_layers"), "output_layers");
  const missing = outputs.find((name) => !names.has(name));
  if (missing !== undefined || outputs.length === 0) {
    throw new GruError("bad-file", `keras: expected output_layers to name layers, got ${quote(outputs)}`);
  }
  return { layers: sort(layers), outputs };
}

/** Sorts layers so that each comes after the layers that it reads. @throws GruError `bad-file` for a cycle */
function sort(layers: readonly KerasLayer[]): KerasLayer[] {
  const sorted: KerasLayer[] = [];
  const done = new Set<string>();
  for (let left = [...layers]; left.length > 0;) {
    const ready = left.filter(({ inputs, mask }) => [...inputs, mask].every((name) => name === null || done.has(name)));
    if (ready.length === 0) {
      throw new GruError("bad-file", `layer "${left[0]!.name}": it is in a cycle, or reads one`);
    }
    for (const layer of ready) done.add(layer.name);
    sorted.push(...ready);
    left = left.filter(({ name }) => !done.has(name));
  }
  return sorted;
}

/** The inputs of a layer of a graph, which must be called exactly once. */
function readNode({ name, className, json }: Entry): { inputs: string[]; mask: string | null } {
  const nodes = json.get("inbound_nodes") ?? [];
  const expected = className === "InputLayer" ? 0 : 1;
  if (!Array.isArray(nodes) || nodes.length !== expected) {
    const got = Array.isArray(nodes) ? nodes.length : quote(nodes);
    throw new GruError(
      "unsupported",
      `layer "${name}": expected to be called ${expected === 0 ? "never" : "once"}, got ${got}`,
    );
  }
  if (expected === 0) return { inputs: [], mask: null };
  const [node] = nodes as [unknown];
  // Keras 3: { args, kwargs }. Earlier versions: a list of [layer, node, tensor, kwargs].
  const isList = Array.isArray(node);
  const json3 = isList ? null : new Config(node, `layer "${name}"`);
  const args = isList ? node : json3!.list("args");
  const inputs = readRefs(args, `layer "${name}"`);
  if (inputs.length > MAX_INPUTS) {
    throw new GruError("unsupported", `layer "${name}": expected at most ${MAX_INPUTS} inputs, got ${inputs.length}`);
  }
  if (["GRU", "RNN", "Bidirectional"].includes(className) && inputs.length > 1) {
    const wanted = "one sequence, and to begin with a state of zeros";
    throw new GruError("unsupported", `layer "${name}": expected to read ${wanted}, got ${inputs.length} inputs`);
  }
  if (className === "NotEqual" && (args.length !== 2 || args[1] !== 0)) {
    throw new GruError(
      "unsupported",
      `layer "${name}": expected to compare with 0, as a mask does, got ${quote(args[1])}`,
    );
  }
  return { inputs, mask: isList ? readOldKeywords(node, name) : readKeywords(json3!, name) };
}

/** Arguments that change nothing in inference. */
const IGNORED_KEYWORDS = new Set(["training"]);

/** The mask in Keras 3's keyword arguments; other arguments are refused. */
function readKeywords(node: Config, name: string): string | null {
  let mask: string | null = null;
  for (const [key, value] of node.has("kwargs") ? node.object("kwargs").entries() : []) {
    if (value === null || IGNORED_KEYWORDS.has(key)) continue;
    const refs = key === "mask" ? readRefs([value], `layer "${name}"`) : [];
    if (refs.length !== 1) throw refuseKeyword(name, key);
    mask = refs[0]!;
  }
  return mask;
}

/** Refuses keyword arguments of older nodes. */
function readOldKeywords(node: readonly unknown[], name: string): null {
  for (const ref of node) {
    const kwargs = Array.isArray(ref) ? ref[3] : undefined;
    if (typeof kwargs !== "object" || kwargs === null) continue;
    const refused = Object.entries(kwargs).find(([key, value]) => value !== null && !IGNORED_KEYWORDS.has(key));
    if (refused !== undefined) throw refuseKeyword(name, refused[0]);
  }
  return null;
}

function refuseKeyword(name: string, key: string): GruError {
  return new GruError(
    "unsupported",
    `layer "${name}": expected a call with inputs alone, got the argument ${quote(key)} too`,
  );
}

const MAX_INPUTS = 64;
const MAX_NESTING = 4;

/** Names of the layers whose first tensor a value refers to: [name, node, tensor], Keras 3's objects, or lists of them. */
function readRefs(value: unknown, subject: string, depth = 0): string[] {
  if (Array.isArray(value)) {
    if (typeof value[0] === "string" && typeof value[1] === "number") return [firstTensor(value, subject)];
    if (depth > MAX_NESTING) {
      throw new GruError("bad-file", `${subject}: expected tensors in at most ${MAX_NESTING} lists, got more`);
    }
    if (value.length > MAX_INPUTS) {
      throw new GruError("unsupported", `${subject}: expected at most ${MAX_INPUTS} tensors, got ${value.length}`);
    }
    return value.flatMap((item) => readRefs(item, subject, depth + 1));
  }
  if (typeof value === "number") return []; // the 0 of a mask's comparison
  const history = new Config(value, subject).object("config").list("keras_history");
  return [firstTensor(history, subject)];
}

function firstTensor([name, node, tensor]: readonly unknown[], subject: string): string {
  if (typeof name === "string" && node === 0 && tensor === 0) return name;
  const expected = "the first tensor of a layer's first call";
  throw new GruError("unsupported", `${subject}: expected ${expected}, got ${quote([name, node, tensor])}`);
}
