// The layers of a model's configuration, before they are wired.

import { GruError } from "../../errors.js";
import { quote } from "../quote.js";
import { Config } from "./config.js";
import type { Place } from "./kerasLayer.js";

/** Classes of models, which may be layers of other models. */
export const MODEL_CLASSES: readonly string[] = ["Sequential", "Functional", "Model"];

/** A layer of a list. */
export interface Entry {
  readonly name: string;
  readonly className: string;
  readonly json: Config;
  readonly config: Config;
  readonly place: Place;
}

/** Limit of the layers of a model with all nested models: each one costs pipelines and buffers. */
export const MAX_LAYERS = 256;

/** Limit of a name: names are in messages and in the outputs of each run. */
const MAX_NAME_LENGTH = 256;

/** @param around the place of the model that has the list @throws GruError `bad-file` for too many layers, or too long names */
export function entriesOf(list: readonly unknown[], around: Place): Entry[] {
  if (list.length === 0 || list.length > MAX_LAYERS) {
    throw new GruError("bad-file", `keras: expected 1 to ${MAX_LAYERS} layers, got ${list.length}`);
  }
  const counts = new Map<string, number>();
  return list.map((item, i) => {
    const json = new Config(item, `layers[${i}]`);
    const className = json.text("class_name");
    const own = json.has("config") && !Array.isArray(json.get("config")) ? json.object("config") : json;
    const name = own.has("name") ? own.text("name") : json.text("name", `${className}_${i}`);
    if (name.length > MAX_NAME_LENGTH) {
      throw new GruError(
        "bad-file",
        `keras: expected names of at most ${MAX_NAME_LENGTH} characters, got ${quote(name)}`,
      );
    }
    const group = snakeCase(className);
    const folder = `${around.folder}${around.folder === "" ? "" : "/"}layers/${numbered(group, counts)}`;
    return {
      name,
      className,
      json,
      config: new Config(own === json ? {} : json.get("config"), `layer "${name}"`),
      place: { names: [...around.names, name], folder },
    };
  });
}

/** The name of a group: "gru", and of the next one "gru_1". @param counts of each name so far */
export function numbered(group: string, counts: Map<string, number>): string {
  const ordinal = counts.get(group) ?? 0;
  counts.set(group, ordinal + 1);
  return ordinal === 0 ? group : `${group}_${ordinal}`;
}

/** The layer that a wrapper wraps, which keeps the wrapper's name. */
export function wrapped({ name, config, place }: Entry): Entry {
  const json = config.object("layer");
  const inner = new Config(json.get("config") ?? {}, config.subject);
  return {
    name,
    className: json.text("class_name"),
    json,
    config: inner,
    place: { names: place.names, folder: `${place.folder}/layer` },
  };
}

/** Keras's form of a class's name in a group: "TimeDistributed" becomes "time_distributed", "PReLU" "p_re_lu". */
export function snakeCase(name: string): string {
  return name
    .replace(/\W+/g, "")
    .replace(/(.)([A-Z][a-z]+)/g, "$1_$2")
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .toLowerCase();
}

/** Limit of models in models, and of wrappers in them. */
const MAX_DEPTH = 8;

/** The shape of an input that a layer says; of a model or a wrapper, that its first layer says. */
export function inputShapeOf(json: Config, depth = 0): readonly unknown[] | null {
  const own = json.has("config") && !Array.isArray(json.get("config")) ? json.object("config") : null;
  const shape = own?.get("batch_shape") ?? own?.get("batch_input_shape");
  if (Array.isArray(shape)) return shape;
  const [first] = depth < MAX_DEPTH ? layersOf(json) : [];
  const inner = first === undefined ? null : inputShapeOf(new Config(first, json.subject), depth + 1);
  if (inner !== null) return inner;
  const built = json.has("build_config") ? json.object("build_config").get("input_shape") : null;
  return Array.isArray(built) ? built : null;
}

/** The layers of a model, unread; none of another layer. */
function layersOf(json: Config): readonly unknown[] {
  if (!MODEL_CLASSES.includes(json.text("class_name"))) return [];
  const config = json.get("config");
  return Array.isArray(config) ? config : json.object("config").list("layers");
}

/**
 * Checks the classes of all layers, of nested models too.
 *
 * @param known the classes that can be read
 * @throws GruError `unsupported` with the names of all unknown ones
 */
export function checkClasses(model: Config, known: readonly string[]): void {
  const unknown = new Map<string, string>();
  const check = (json: Config, depth: number) => {
    if (depth > MAX_DEPTH) {
      throw new GruError("unsupported", `keras: expected models in at most ${MAX_DEPTH} others, got more`);
    }
    for (const [i, item] of layersOf(json).entries()) {
      const layer = new Config(item, `layers[${i}]`);
      const className = layer.text("class_name");
      if (MODEL_CLASSES.includes(className)) check(layer, depth + 1);
      else if (className === "TimeDistributed") check(new Config(asModel(layer), layer.subject), depth + 1);
      else if (!known.includes(className)) {
        const name = layer.has("config") ? layer.object("config").get("name") : undefined;
        unknown.set(className, typeof name === "string" ? `${className} ("${name}")` : className);
      }
    }
  };
  check(model, 0);
  if (unknown.size === 0) return;
  const expected = `layers of the classes ${known.join(", ")}`;
  throw new GruError("unsupported", `keras: expected ${expected}, got ${quote([...unknown.values()])}`);
}

/** A wrapper as a model of one layer. */
function asModel(wrapper: Config): unknown {
  return { class_name: "Sequential", config: [wrapper.object("config").get("layer")] };
}
