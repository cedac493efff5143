import { GruError } from "../../errors.js";
import { completeActivation } from "../../layers/activation.js";
import type { LayerSpec } from "../../layers/index.js";
import { NETWORK_INPUT } from "../../model/network.js";
import type { Config } from "./config.js";
import { convertKernel } from "../kernel.js";
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

/** Layers that merge their inputs. */
const MERGE_LAYERS = new Map<string, MergeMode>([
  ["Add", "sum"],
  ["Average", "ave"],
  ["Multiply", "mul"],
]);

/** Layers that skip masked steps. */
const RECURRENT: readonly ClassName[] = ["GRU", "RNN", "Bidirectional"];

/** Layers that give their input unchanged. */
const PASSING: readonly ClassName[] = ["Dropout", "SpatialDropout1D"];

/** Builds our layers from Keras's, one after the other. */
export class NetworkBuilder {
  readonly notes: string[] = [];
  readonly #list = new LayerList();
  readonly #model: KerasModel;
  readonly #dialect: Dialect;
  readonly #values = new Map<string, Value>();
  /** Names of Keras's layers that give only the mask of the model's input. */
  readonly #masks = new Set<string>();
  readonly #input: Value;
  /** The mask of input index 0; null before the first embedding with mask_zero. */
  #indexMask: Mask | null = null;

  /** @param inputSize features of a step @param isReversed whether the network sees the input's last step first */
  constructor(model: KerasModel, inputSize: number, isReversed: boolean) {
    this.#model = model;
    this.#dialect = dialectOf(model.version);
    this.#input = { parts: [NETWORK_INPUT], size: inputSize, isReversed, mask: null, isBounded: false };
  }

  get layers(): readonly LayerSpec[] {
    return this.#list.layers;
  }

  /** The output of an added layer. */
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

  /** Our layer that gives a whole value; one is added if the value has several parts. @param name of an added layer */
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

  /** The mask that a call names, which replaces the mask of its input; null if it names none. */
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
        `Layer "${name}" has zero_output_for_mask without return_sequences: ignored here, as Keras's documentation says. ` +
          `Keras itself gives zeros if a row's last step is masked.`,
      );
    }
    const areMaskedStepsRead = this.#areMaskedStepsRead(name);
    const parts = { name, config, tensors: this.#weightsOf(layer), dialect: this.#dialect, input, areMaskedStepsRead };
    return this.#push(isBidirectional ? bidirectionalLayers(parts) : gruLayer(parts));
  }

  /** Whether a layer's masked steps reach an output or a layer other than a recurrent one, which skips them. */
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

  /** A layer's weights. @throws GruError `bad-file` for another number of them than expected */
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
      weight: convertKernel(kernel!.tensor, 1),
      bias: bias?.tensor.values ?? null,
      storage: kernel!.tensor.storage,
    });
    return { ...input, parts: [name], size: outputSize, isBounded: isBounded(activation) };
  }

  /** An activation becomes a part of the dense layer before it, if nothing else reads that one; otherwise a layer of its own. */
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

  /** Number of Keras's layers and outputs that read a layer. */
  #numReaders(name: string): number {
    const { layers, outputs } = this.#model.topology;
    return [...layers.flatMap(({ inputs }) => inputs), ...outputs].filter((read) => read === name).length;
  }

  /** A step is masked if all its features are `mask_value`. Keras replaces such steps by zeros. */
  #masking({ name, config }: KerasLayer, input: Value): Value {
    const value = Math.fround(config.number("mask_value", 0));
    if (input.mask !== null)
      throw new GruError("unsupported", `layer "${name}": its input has a mask already; only one is supported`);
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

  /** Since Keras 3.4 a masked factor counts as 1, and the product is 0 where all factors are masked. */
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
