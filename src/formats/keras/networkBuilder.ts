import { GruError } from "../../errors.js";
import { completeActivation } from "../../layers/activation.js";
import type { LayerSpec } from "../../layers/index.js";
import { NETWORK_INPUT } from "../../model/network.js";
import type { Config } from "./config.js";
import { turnKernel } from "../kernel.js";
import { type Dialect, dialectOf } from "./dialect.js";
import { badWeights, checkShape } from "./gruPart.js";
import { denseActivation, isBounded } from "./kerasActivation.js";
import type { KerasModel, NamedTensor } from "./kerasModel.js";
import { LayerList } from "./layerList.js";
import { indexMask, valueMask, zeroMasked } from "./mask.js";
import { type MergeMode, mergeValues, sumOf } from "./merge.js";
import { bidirectionalLayers, gruLayer } from "./recurrentLayers.js";
import type { ClassName, KerasLayer } from "./topology.js";
import { type Built, joinValues, type Mask, type Value } from "./value.js";

/** Layers that merge what they read. */
const MERGE_LAYERS = new Map<string, MergeMode>([
  ["Add", "sum"],
  ["Average", "ave"],
  ["Multiply", "mul"],
]);

/** Layers that leave masked steps out. */
const RECURRENT: readonly ClassName[] = ["GRU", "RNN", "Bidirectional"];

/** Layers that give what they read, step by step. */
const PASSING: readonly ClassName[] = ["Dropout", "SpatialDropout1D"];

/** Collects the layers of ours that stand for Keras's, one layer of Keras after the other. */
export class NetworkBuilder {
  readonly notes: string[] = [];
  readonly #list = new LayerList();
  readonly #model: KerasModel;
  readonly #dialect: Dialect;
  readonly #values = new Map<string, Value>();
  /** Names of the layers that give nothing but the mask of the model's input. */
  readonly #masks = new Set<string>();
  readonly #input: Value;
  /** Where the model's input is not 0; null before the first embedding that asks. */
  #indexMask: Mask | null = null;

  /** @param inputSize features of a step @param isReversed whether the input's last step is to come first */
  constructor(model: KerasModel, inputSize: number, isReversed: boolean) {
    this.#model = model;
    this.#dialect = dialectOf(model.version);
    this.#input = { parts: [NETWORK_INPUT], size: inputSize, isReversed, mask: null, isBounded: false };
  }

  get layers(): readonly LayerSpec[] {
    return this.#list.layers;
  }

  /** What a layer that was added gives. */
  value(name: string): Value {
    return this.#values.get(name)!;
  }

  /** Adds a layer of Keras. @throws GruError `unsupported`, `bad-file`, `shape-mismatch` */
  add(layer: KerasLayer): void {
    if (layer.className === "NotEqual") this.#masks.add(layer.name);
    const given = layer.inputs.map((name) => this.value(name));
    const mask = this.#namedMask(layer);
    this.#values.set(layer.name, this.#read(layer, mask === null ? given : given.map((value) => ({ ...value, mask }))));
  }

  /** The layer of ours that gives a value as one. @param name for one that has to be made */
  single(name: string): string {
    const { parts, size } = this.value(name);
    if (parts.length === 1 && parts[0] !== NETWORK_INPUT) return parts[0]!;
    this.#list.push(sumOf(name, parts, size));
    return name;
  }

  #read(layer: KerasLayer, given: readonly Value[]): Value {
    const { name, className, config } = layer;
    const mode = MERGE_LAYERS.get(className);
    if (mode !== undefined) return this.#merge(mode, name, given);
    if (className === "InputLayer") return this.#input;
    if (className === "Concatenate") return this.#concatenate(config, given);
    const [input] = given;
    if (given.length !== 1)
      throw new GruError("unsupported", `layer "${name}": expected one input, got ${given.length}`);
    switch (className) {
      case "Embedding":
        return this.#embedding(layer, input!);
      case "GRU":
      case "RNN":
      case "Bidirectional":
        return this.#recurrent(layer, input!);
      case "TimeDistributed":
        return this.#timeDistributed(layer, input!);
      case "Dense":
        return this.#dense(layer, config, input!);
      case "Activation":
        return this.#activation(layer, config, input!);
      case "Masking":
        return this.#masking(layer, input!);
      default: // Dropout, SpatialDropout1D, NotEqual
        return input!;
    }
  }

  /** The mask that a call names, which wins over what its input has; null where it names none. */
  #namedMask({ name, mask }: KerasLayer): Mask | null {
    if (mask === null) return null;
    if (this.#masks.has(mask) && this.#indexMask !== null) return this.#indexMask;
    const expected = "the mask of an embedding with mask_zero";
    throw new GruError("unsupported", `layer "${name}": expected ${expected}, got "${mask}"`);
  }

  #push({ layers, value }: Built): Value {
    this.#list.push(...layers);
    return value;
  }

  #embedding(layer: KerasLayer, { parts }: Value): Value {
    const { name, config } = layer;
    if (parts.join() !== NETWORK_INPUT) {
      const expected = "an embedding to read the model's input";
      throw new GruError("unsupported", `layer "${name}": expected ${expected}, got "${parts.join()}"`);
    }
    const [numEmbeddings, embeddingSize] = [config.size("input_dim"), config.size("output_dim")];
    const [table] = this.#weights(layer, config, ["embeddings"]);
    checkShape(table!, [numEmbeddings, embeddingSize]);
    const { values: weight, storage } = table!.tensor;
    this.#list.push({ type: "embedding", name, inputs: parts, numEmbeddings, embeddingSize, weight, storage });
    const value = { ...this.#input, parts: [name], size: embeddingSize };
    if (!config.flag("mask_zero", false)) return value;
    if (this.#indexMask === null) {
      this.#indexMask = { layer: `${name}.mask`, isReversed: this.#input.isReversed };
      this.#list.push(indexMask(this.#indexMask.layer, numEmbeddings));
    }
    return { ...value, mask: this.#indexMask };
  }

  #recurrent(layer: KerasLayer, input: Value): Value {
    const { name, className, config } = layer;
    const isBidirectional = className === "Bidirectional";
    const inner = isBidirectional ? config.inner("layer", "GRU", "RNN") : config;
    if (inner.flag("stateful", false)) {
      this.notes.push(
        `Layer "${name}" is stateful: a stream keeps its state from push to push, run begins with zeros.`,
      );
    }
    const isLast = !inner.flag("return_sequences", false);
    if (!isBidirectional && isLast && input.mask !== null && inner.flag("zero_output_for_mask", false)) {
      this.notes.push(
        `Layer "${name}" has zero_output_for_mask without return_sequences: read as Keras documents it, without effect. ` +
          `Keras itself gives zeros where a row's last step is masked.`,
      );
    }
    const areMaskedStepsRead = this.#areMaskedStepsRead(name);
    const parts = { name, config, tensors: this.#weightsOf(layer), dialect: this.#dialect, input, areMaskedStepsRead };
    return this.#push(isBidirectional ? bidirectionalLayers(parts) : gruLayer(parts));
  }

  /** Whether a layer's masked steps matter to any other: recurrent layers pass over them. */
  #areMaskedStepsRead(name: string): boolean {
    const { layers, outputs } = this.#model.topology;
    if (outputs.includes(name)) return true;
    const readers = layers.filter(({ inputs }) => inputs.includes(name));
    return readers.some((reader) => {
      if (RECURRENT.includes(reader.className)) return false;
      return !PASSING.includes(reader.className) || this.#areMaskedStepsRead(reader.name);
    });
  }

  #timeDistributed(layer: KerasLayer, input: Value): Value {
    const config = layer.config.inner("layer", "Dense", "Activation", "Dropout");
    switch (layer.config.object("layer").text("class_name")) {
      case "Dense":
        return this.#dense(layer, config, input);
      case "Activation":
        return this.#activation(layer, config, input);
      default:
        return input;
    }
  }

  /** A layer's weights. @throws GruError `bad-file` unless there are as many as expected */
  #weights(layer: KerasLayer, config: Config, expected: readonly string[]): NamedTensor[] {
    const tensors = this.#weightsOf(layer);
    if (tensors.length !== expected.length) throw badWeights(config.subject, expected, tensors);
    return tensors;
  }

  #weightsOf(layer: KerasLayer): NamedTensor[] {
    const tensors = this.#model.weightsOf(layer);
    this.#list.count(tensors);
    return tensors;
  }

  #dense(layer: KerasLayer, config: Config, input: Value): Value {
    const { name } = layer;
    const hasBias = config.flag(config.has("use_bias") ? "use_bias" : "bias", true); // Keras 1: bias
    const outputSize = config.size(config.has("units") ? "units" : "output_dim");
    const [kernel, bias] = this.#weights(layer, config, hasBias ? ["kernel", "bias"] : ["kernel"]);
    checkShape(kernel!, [input.size, outputSize]);
    if (bias !== undefined) checkShape(bias, [outputSize]);
    const activation = denseActivation(config, "activation", "linear", this.#dialect.isKeras3);
    this.#list.push({
      type: "dense",
      name,
      inputs: input.parts,
      inputSize: input.size,
      outputSize,
      activation,
      weight: turnKernel(kernel!.tensor, 1),
      bias: bias?.tensor.values ?? null,
      storage: kernel!.tensor.storage,
    });
    return { ...input, parts: [name], size: outputSize, isBounded: isBounded(activation) };
  }

  /** Becomes the activation of the dense layer before it where nothing else reads that; else a layer of its own. */
  #activation({ name, inputs }: KerasLayer, config: Config, input: Value): Value {
    const activation = completeActivation(denseActivation(config, "activation", "linear", this.#dialect.isKeras3));
    if (activation.name === "linear") return input;
    const at = this.layers.findIndex((layer) => layer.name === inputs[0]);
    const before = this.layers[at];
    const isLinear = before?.type === "dense" && completeActivation(before.activation ?? "linear").name === "linear";
    if (isLinear && input.parts.join() === before.name && this.#numReaders(before.name) === 1) {
      this.#list.layers[at] = { ...before, name, activation };
    } else this.#list.push({ ...sumOf(name, input.parts, input.size), activation });
    return { ...input, parts: [name], isBounded: isBounded(activation) };
  }

  /** How many layers of Keras read one, and the outputs. */
  #numReaders(name: string): number {
    const { layers, outputs } = this.#model.topology;
    return [...layers.flatMap(({ inputs }) => inputs), ...outputs].filter((read) => read === name).length;
  }

  /** Where a step is masked, all its features are the value; Keras gives zeros in their place. */
  #masking({ name, config }: KerasLayer, input: Value): Value {
    const value = Math.fround(config.number("mask_value", 0));
    if (input.mask !== null)
      throw new GruError("unsupported", `layer "${name}": expected one mask, got another before it`);
    const mask = { layer: `${name}.mask`, isReversed: input.isReversed };
    this.#list.push(...valueMask(name, input.parts, input.size, value));
    if (value === 0) return { ...input, mask };
    this.#list.push(zeroMasked(name, [...input.parts, mask.layer], input.size, value));
    return { ...input, parts: [name], mask };
  }

  #merge(mode: MergeMode, name: string, given: readonly Value[]): Value {
    const joined = joinValues(`layer "${name}"`, given, this.#dialect);
    if (mode === "mul") this.#checkMaskedProduct(name, given, joined);
    const sizes = [...new Set(given.map(({ size }) => size))];
    if (sizes.length === 1) return this.#push(mergeValues(mode, name, { ...joined, size: sizes[0]! }, given.length));
    throw new GruError("unsupported", `layer "${name}": expected inputs of one size, got ${sizes.join(" and ")}`);
  }

  /** Since Keras 3.4 a factor is 1 where it is masked, and the product 0 where all are. */
  #checkMaskedProduct(name: string, given: readonly Value[], { mask }: Value): void {
    if (this.#dialect.mergedMask !== "all" || given.every((value) => value.mask === null)) return;
    if (mask !== null && !this.#areMaskedStepsRead(name)) return;
    const expected = "a product without a mask, or one that only recurrent layers read";
    throw new GruError("unsupported", `layer "${name}": expected ${expected}, got one whose factors Keras masks`);
  }

  #concatenate(config: Config, given: readonly Value[]): Value {
    const axis = config.number("axis", -1);
    if (axis !== -1 && axis !== 2) throw config.unsupported("axis", "-1, the features");
    return joinValues(config.subject, given, this.#dialect);
  }
}
