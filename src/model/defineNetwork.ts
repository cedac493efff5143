import { GruError } from "../errors.js";
import { type Cadence, isSameCadence } from "../layers/cadence.js";
import {
  cadenceOf,
  isLayerType,
  isStored,
  type Layer,
  LAYER_TYPES,
  layerOutputSize,
  type LayerSpec,
  layerType,
  scaleName,
  stateBlocks,
  timeOf,
} from "../layers/index.js";
import { checkTensors, completeFields } from "./checkLayer.js";
import { checkBoolean } from "./checkOptions.js";
import { checkParts, type InputPart } from "./inputParts.js";
import { framesPerStep, isStepByStep, type Network, NETWORK_INPUT, nextOf, sequencesOf } from "./network.js";
import { describeValue, quoteText } from "./valueKind.js";
import { withLast } from "./withLast.js";

/** The parts of a network. */
export interface NetworkParts {
  /** In topological order: a layer reads only layers before it. */
  readonly layers: readonly LayerSpec[];
  /** Names of the layers whose outputs are the network's, the main one first; the last layer when absent. */
  readonly outputs?: readonly string[];
  /** The parts of the input, to give by name; one when absent. */
  readonly inputs?: readonly InputPart[];
  /** Whether the network sees each row's last step first; false when absent. */
  readonly reversesInput?: boolean;
  /** Element i is the meaning of index i of the main output. */
  readonly vocabulary?: readonly string[] | null;
  readonly notes?: readonly string[];
}

/**
 * Checks layers and their wiring, and gives the network that they make.
 *
 * @throws GruError `unsupported` for wiring that cannot run, `shape-mismatch` for a tensor or a
 *   concatenation of the wrong size, `bad-file` for a weight that is NaN or infinite
 */
export function defineNetwork(parts: NetworkParts): Network {
  if (describeValue(parts) !== "an object") {
    throw new GruError("unsupported", `network: expected an object with layers, got ${describeValue(parts)}`);
  }
  const { layers: given, outputs, inputs, reversesInput = false, vocabulary = null, notes = [] } = parts;
  const specs = withLast(takeArray("layers", given, "an object"));
  if (specs.length === 0) throw new GruError("unsupported", "network: expected at least one layer, got none");
  const layers: Layer[] = [];
  for (const spec of specs) layers.push(completeLayer(spec, layers.at(-1)?.name ?? NETWORK_INPUT));
  checkBoolean("reversesInput", reversesInput);
  const sizes = new Map<string, number>();
  for (const layer of layers) {
    checkName(layer, sizes);
    checkTensors(layer);
    checkWiring(layer, sizes);
    checkKeeper(layer, layers);
    sizes.set(layer.name, layerOutputSize(layer));
  }
  checkSequences(layers);
  if (isStepByStep({ layers })) checkStepByStep(layers, sizes);
  const input = networkInput(layers, sizes);
  const outputNames = takeArray("outputs", outputs === undefined ? [layers.at(-1)!.name] : outputs, "a string");
  const words = vocabulary === null ? null : takeArray("vocabulary", vocabulary, "a string");
  checkOutputs(outputNames, sizes, words);
  const sentences = takeArray("notes", notes, "a string");
  const named = inputs === undefined ? {} : { inputs: takeParts(inputs, input.inputSize) };
  return { layers, outputs: outputNames, ...input, ...named, reversesInput, vocabulary: words, notes: sentences };
}

function takeParts(inputs: readonly InputPart[], inputSize: number): InputPart[] {
  const copies = takeArray("inputs", inputs, "an object").map((part) => ({ ...part }));
  checkParts(copies, inputSize);
  return copies;
}

/** A copy of a list. @throws GruError `unsupported` for a value that is no array, or has members of another kind */
function takeArray<T>(what: string, list: readonly T[], kind: "a string" | "an object"): T[] {
  const given = describeValue(list);
  if (!given.startsWith("an array")) throw new GruError("unsupported", `${what}: expected an array, got ${given}`);
  return list.map((member, i) => {
    const got = describeValue(member);
    if (kind === "a string" ? typeof member === "string" : got === kind) return member;
    throw new GruError("unsupported", `${what}[${i}]: expected ${kind}, got ${got}`);
  });
}

/**
 * Fills in the fields that a layer's spec leaves out.
 *
 * @param layerBefore name of its input when it has no `inputs`
 * @throws GruError `unsupported`, `shape-mismatch` for a field whose value is not accepted
 */
export function completeLayer(spec: LayerSpec, layerBefore: string): Layer {
  const { name, type, storage = "f32" } = spec;
  if (typeof name !== "string") {
    throw new GruError("unsupported", `layer name: expected a string, got ${describeValue(name)}`);
  }
  if (!isLayerType(type)) {
    const expected = `type ${LAYER_TYPES.map((known) => `"${known}"`).join(", ")}`;
    throw new GruError("unsupported", `layer ${quoteText(name)}: expected ${expected}, got ${describeValue(type)}`);
  }
  const room = layerType(spec);
  const { inputs: inputNames = room.next === undefined ? [layerBefore] : [] } = spec;
  const inputs = takeArray(`layer ${quoteText(name)}: inputs`, inputNames, "a string");
  const given = spec as unknown as Readonly<Record<string, unknown>>;
  const fields: Record<string, unknown> = { type, name, inputs, storage, ...completeFields(spec) };
  const layer = fields as unknown as Layer;
  for (const tensor of room.tensors(layer)) {
    fields[tensor.name] = given[tensor.name] ?? null;
    if (isStored(tensor)) fields[scaleName(tensor.name)] = given[scaleName(tensor.name)] ?? null;
  }
  return layer;
}

function checkOutputs(
  outputs: readonly string[],
  sizes: ReadonlyMap<string, number>,
  vocabulary: readonly string[] | null,
): void {
  const unknown = outputs.find((name) => !sizes.has(name));
  if (unknown !== undefined || outputs.length === 0 || new Set(outputs).size < outputs.length) {
    throw new GruError("unsupported", `outputs: expected names of layers, each once, got ${JSON.stringify(outputs)}`);
  }
  const outputSize = sizes.get(outputs[0]!)!;
  if (vocabulary !== null && vocabulary.length !== outputSize) {
    throw new GruError(
      "shape-mismatch",
      `vocabulary: expected ${outputSize} strings, one for each output, got ${vocabulary.length}`,
    );
  }
}

/** A push takes at least so many frames, and a chunk a multiple of them. */
const MAX_FRAMES_PER_STEP = 2 ** 16;

/**
 * Every layer but a frame layer needs a sequence. No layer can join a sequence to the single frame of a summary, or sequences
 * of different numbers of steps.
 */
function checkSequences(layers: readonly Layer[]): void {
  const sequences = sequencesOf(layers);
  for (const layer of layers) {
    const { name, inputs } = layer;
    const cadences = inputs.map((input) => sequences.get(input) ?? null);
    const single = inputs[cadences.indexOf(null)];
    if (single !== undefined && !(timeOf(layer) === "frame" && cadences.every((each) => each === null))) {
      const expected = `expected every input to be a sequence, got "${single}", which gives only its last step`;
      throw new GruError("unsupported", `layer "${name}": ${expected}`);
    }
    const [first] = cadences;
    const other = cadences.findIndex((each) => each && first && !isSameCadence(each, first));
    if (other < 0) continue;
    const got = [0, other].map((i) => `"${inputs[i]}" with ${describeCadence(cadences[i]!)}`).join(" and ");
    throw new GruError("shape-mismatch", `layer "${name}": expected inputs with as many steps each, got ${got}`);
  }
  const frames = framesPerStep({ layers });
  if (frames <= MAX_FRAMES_PER_STEP) return;
  const expected = `expected strides along time that make a step of at most ${MAX_FRAMES_PER_STEP} frames`;
  throw new GruError("unsupported", `network: ${expected}, got ${frames}`);
}

function describeCadence({ stride, extra }: Cadence): string {
  return stride === 1 && extra === 0 ? "n steps" : `floor((n + ${extra}) / ${stride}) steps`;
}

/** A carried state is the output of a later layer, and every layer can make a step before the next one is known. */
function checkStepByStep(layers: readonly Layer[], sizes: ReadonlyMap<string, number>): void {
  const sequences = sequencesOf(layers);
  const first = layers.find((layer) => nextOf(layer) !== null)!.name;
  layers.forEach((layer, i) => {
    const subject = `layer "${layer.name}"`;
    const reason = layerType(layer).needsEnd?.(layer) ?? null;
    if (reason !== null) {
      const expected = `a layer that can go step by step, as "${first}" needs`;
      throw new GruError("unsupported", `${subject}: expected ${expected}, got ${reason}`);
    }
    if (cadenceOf(layer).stride > 1) {
      const expected = `no stride along time in a network that goes step by step, as "${first}" needs`;
      throw new GruError("unsupported", `${subject}: expected ${expected}, got ${cadenceOf(layer).stride}`);
    }
    const next = nextOf(layer);
    if (next === null) return;
    if (!layers.slice(i + 1).some(({ name }) => name === next) || !sequences.has(next)) {
      const expected = "a layer after it that gives every step";
      throw new GruError("unsupported", `${subject}: expected next to name ${expected}, got ${quoteText(next)}`);
    }
    const [size, given] = [sizes.get(next), layerOutputSize(layer)];
    if (size === given) return;
    throw new GruError("shape-mismatch", `${subject}: expected size ${size}, that of "${next}", got ${given}`);
  });
}

function checkName(layer: Layer, sizes: ReadonlyMap<string, number>): void {
  if (layer.name === "" || layer.name === NETWORK_INPUT) {
    const expected = `one other than "" and "${NETWORK_INPUT}"`;
    throw new GruError("unsupported", `layer name: expected ${expected}, got ${describeValue(layer.name)}`);
  }
  if (sizes.has(layer.name)) {
    throw new GruError("unsupported", `layer "${layer.name}": another layer has the same name`);
  }
}

function checkWiring(layer: Layer, sizes: ReadonlyMap<string, number>): void {
  const { name, inputs } = layer;
  const unknown = inputs.find((input) => input !== NETWORK_INPUT && !sizes.has(input));
  if (unknown !== undefined) {
    throw new GruError(
      "unsupported",
      `layer "${name}": expected input "${unknown}" among the layers before it, got none`,
    );
  }
  const numNetworkInputs = inputs.filter((input) => input === NETWORK_INPUT).length;
  const { readsIndex, next } = layerType(layer);
  const isWired = next !== undefined ? inputs.length === 0 : readsIndex ? inputs.length === 1 : inputs.length > 0;
  if (!isWired || numNetworkInputs > 1 || (readsIndex && numNetworkInputs !== 1)) {
    const words = readsIndex ? `["${NETWORK_INPUT}"]` : `earlier layers, and "${NETWORK_INPUT}" at most once`;
    const expected = next === undefined ? words : "none";
    throw new GruError(
      "unsupported",
      `layer "${name}": expected inputs to be ${expected}, got ${JSON.stringify(inputs)}`,
    );
  }
}

/** A layer that reads a block of state reads one layer, which keeps it. */
function checkKeeper(layer: Layer, layers: readonly Layer[]): void {
  const block = layerType(layer).block?.(layer) ?? null;
  if (block === null) return;
  const { name, inputs } = layer;
  const of = layers.find((other) => other.name === inputs[0]);
  if (inputs.length === 1 && of !== undefined && stateBlocks(of).some((one) => one.name === block)) return;
  const expected = `inputs to be one layer with a state "${block}"`;
  throw new GruError("unsupported", `layer "${name}": expected ${expected}, got ${JSON.stringify(inputs)}`);
}

/** The type and size of the network's own input, from the layers that read it. Checks the size of every concatenation. */
function networkInput(
  layers: readonly Layer[],
  sizes: ReadonlyMap<string, number>,
): Pick<Network, "inputType" | "inputSize"> {
  const readers = layers.filter((layer) => layer.inputs.includes(NETWORK_INPUT));
  if (readers.length === 0) {
    throw new GruError("unsupported", `network: expected a layer that reads "${NETWORK_INPUT}", got none`);
  }
  const features = readers.filter((layer) => !layerType(layer).readsIndex);
  const isIndices = features.length < readers.length;
  if (isIndices && features.length > 0) {
    throw new GruError(
      "unsupported",
      `layer "${features[0]!.name}": expected a type that reads indices, since "${NETWORK_INPUT}" holds them, got ${features[0]!.type}`,
    );
  }
  let inputSize = isIndices ? 1 : 0;
  for (const layer of layers) {
    const room = layerType(layer);
    if (room.readsIndex) continue;
    const given = room.inputSize(layer);
    const fromLayers = layer.inputs.reduce((sum, input) => sum + (sizes.get(input) ?? 0), 0);
    if (layer.inputs.includes(NETWORK_INPUT)) inputSize ||= Math.max(1, given - fromLayers);
    const expected = fromLayers + (layer.inputs.includes(NETWORK_INPUT) ? inputSize : 0);
    if (given !== expected) {
      const isOwnField = (layer as { inputSize?: unknown }).inputSize === given;
      const what = isOwnField ? `inputSize ${expected}` : `frames of ${expected} numbers`;
      throw new GruError(
        "shape-mismatch",
        `layer "${layer.name}": expected ${what}, the size of [${layer.inputs.join(", ")}], got ${given}`,
      );
    }
  }
  return { inputType: isIndices ? "indices" : "features", inputSize };
}
