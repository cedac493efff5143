// The calls of a Keras model's layers, with all nested models unfolded, in the forms of Keras 1, 2 and 3 and of TF.js: lists, and
// graphs of nodes.

import { GruError } from "../../errors.js";
import { quote } from "../quote.js";
import { type CallArguments, CallGraph } from "./callGraph.js";
import type { Config } from "./config.js";
import { checkClasses, type Entry, entriesOf, inputShapeOf, MAX_LAYERS, MODEL_CLASSES, wrapped } from "./entries.js";
import type { KerasLayer, Place, Topology } from "./kerasLayer.js";
import { uniqueNames } from "./layerNames.js";
import { CLASS_NAMES } from "./layerReaders.js";
import { readRefs } from "./nodes.js";

/**
 * Reads a model's configuration: `{ class_name, config }`.
 *
 * @throws GruError `unsupported` with the names of all unknown classes, and for graphs that a network cannot express;
 *   `bad-file`
 */
export function parseTopology(model: Config): Topology {
  if (!MODEL_CLASSES.includes(model.text("class_name"))) {
    throw model.unsupported("class_name", "Sequential or Functional");
  }
  checkClasses(model, CLASS_NAMES);
  const unfolder = new Unfolder();
  const outputs = unfolder.unfold(model, TOP, null);
  const { layers } = unfolder;
  return { layers, inputs: inputsOf(model, layers), outputs, outputNames: uniqueNames(namesOf(model)) };
}

/** Names of the model's inputs: in its order where it says one. */
function inputsOf(model: Config, layers: readonly KerasLayer[]): string[] {
  const own = layers.filter(({ className }) => className === "InputLayer").map(({ name }) => name);
  if (model.text("class_name") === "Sequential") return own;
  const given = model.object("config").get("input_layers") ?? [];
  // Keras 3 has them by name where the model was made of a dictionary.
  const list: unknown = typeof given === "object" && !Array.isArray(given) ? Object.values(given as object) : given;
  const listed = readRefs(list, "input_layers").map(({ layer }) => layer);
  const others = own.filter((name) => !listed.includes(name));
  return [...new Set(listed.filter((name) => own.includes(name))), ...others];
}

/** The layers of the whole model that give its outputs. */
function namesOf(model: Config): string[] {
  const config = model.get("config");
  if (model.text("class_name") !== "Sequential") {
    return readRefs(model.object("config").get("output_layers") ?? [], "output_layers").map(({ layer }) => layer);
  }
  const list = Array.isArray(config) ? config : model.object("config").list("layers");
  return [entriesOf(list, TOP.place).at(-1)!.name];
}

/** Name of the input of a list without an InputLayer. No layer has this name: Keras refuses "/" in names. */
const IMPLICIT_INPUT = "/input";

/** Limit of models, each counted as often as it is called. */
const MAX_MODELS = 64;

/** A model's own place in the whole. */
interface Level {
  readonly place: Place;
  /** Before the names of its layers. */
  readonly prefix: string;
  readonly isPerStep: boolean;
}

const TOP: Level = { place: { names: [], folder: "" }, prefix: "", isPerStep: false };

/** The arguments of a call in a list. */
function reading(...inputs: string[]): CallArguments {
  return { inputs, mask: null, states: [] };
}

/** Unfolds models into calls of layers. */
class Unfolder {
  readonly layers: KerasLayer[] = [];
  readonly #names = new Set<string>();
  #numModels = 0;

  /** @param args what a nested model reads; null for the whole model @returns the calls that give its outputs */
  unfold(model: Config, level: Level, args: readonly string[] | null): string[] {
    this.#numModels++;
    if (this.#numModels > MAX_MODELS) {
      throw new GruError("unsupported", `keras: expected at most ${MAX_MODELS} calls of models, got more`);
    }
    if (model.text("class_name") === "Sequential") return [this.#unfoldList(model, level, args)];
    return this.#unfoldGraph(model.object("config"), level, args);
  }

  #unfoldList(model: Config, level: Level, args: readonly string[] | null): string {
    // The list itself in Keras 1, an object with the list and a name in later versions.
    const config = model.get("config");
    const entries = entriesOf(Array.isArray(config) ? config : model.object("config").list("layers"), level.place);
    const [first] = entries as [Entry];
    let read = args?.[0] ?? IMPLICIT_INPUT;
    if (args !== null && args.length !== 1) {
      throw new GruError("unsupported", `${model.subject}: expected one input, got ${args.length}`);
    }
    if (args === null && first.className !== "InputLayer") {
      this.#push({ ...first, name: IMPLICIT_INPUT, className: "InputLayer" }, TOP, reading());
    }
    for (const entry of entries) {
      if (entry.className !== "InputLayer") [read] = this.#call(entry, level, reading(read)) as [string];
      else if (args === null) read = this.#push(entry, level, reading());
    }
    return read;
  }

  #unfoldGraph(config: Config, level: Level, args: readonly string[] | null): string[] {
    const entries = new Map(entriesOf(config.list("layers"), level.place).map((entry) => [entry.name, entry]));
    if (entries.size < config.list("layers").length) {
      throw new GruError("bad-file", "keras: two layers have the same name");
    }
    const outputs = readRefs(config.get("output_layers") ?? [], "output_layers");
    const missing = outputs.find(({ layer }) => !entries.has(layer));
    if (missing !== undefined || outputs.length === 0) {
      const got = quote(outputs.map(({ layer }) => layer));
      throw new GruError("bad-file", `keras: expected output_layers to name layers, got ${got}`);
    }
    const inputs = args === null ? [] : readRefs(config.get("input_layers") ?? [], "input_layers");
    if (args !== null && inputs.length !== args.length) {
      throw new GruError("unsupported", `${config.subject}: expected ${inputs.length} inputs, got ${args.length}`);
    }
    const given = new Map(inputs.map(({ layer }, i) => [layer, args![i]!]));
    const make = (entry: Entry, read: CallArguments) => this.#call(entry, level, read);
    return new CallGraph([...entries.values()], outputs, given, make).run(outputs);
  }

  /** Calls a layer, or a nested model. @returns its outputs; of a layer the first alone */
  #call(entry: Entry, level: Level, args: CallArguments): string[] {
    const { name, className, json, place } = entry;
    if (className === "TimeDistributed") {
      if (level.isPerStep) throw new GruError("unsupported", `layer "${name}": expected one TimeDistributed, got two`);
      return this.#call(wrapped(entry), { ...level, isPerStep: true }, args);
    }
    if (!MODEL_CLASSES.includes(className)) return [this.#push(entry, level, args)];
    if (args.mask !== null) {
      throw new GruError("unsupported", `layer "${name}": expected a model without a mask's argument`);
    }
    const prefix = `${this.#uniqueName(`${level.prefix}${name}`)}/`;
    return this.unfold(json, { ...level, place, prefix }, args.inputs);
  }

  #push(entry: Entry, { prefix, isPerStep }: Level, args: CallArguments): string {
    const { className, config, place } = entry;
    const name = this.#uniqueName(prefix + entry.name);
    if (this.layers.length >= MAX_LAYERS) {
      throw new GruError("bad-file", `keras: expected at most ${MAX_LAYERS} layers, got more`);
    }
    this.layers.push({ name, className, config, ...args, isPerStep, inputShape: inputShapeOf(entry.json), place });
    return name;
  }

  /** A name that no call before has: a second call of `gru` is `gru.2`. */
  #uniqueName(name: string): string {
    let unique = name;
    for (let i = 2; this.#names.has(unique); i++) unique = `${name}.${i}`;
    this.#names.add(unique);
    return unique;
  }
}
