// Keras's layers as ours. A tensor of Keras is a value: layers of ours whose outputs are read side by side.

import { GruError } from "../../errors.js";
import { completeActivation } from "../../model/activation.js";
import { type LayerSpec, NETWORK_INPUT } from "../../model/network.js";
import { Config } from "./config.js";
import {
  areAlike,
  badWeights,
  checkShape,
  type GruPart,
  gruSpec,
  readGruPart,
  stackParts,
  transpose,
} from "./gruPart.js";
import { denseActivation, isBounded } from "./kerasActivation.js";
import type { KerasModel, NamedTensor } from "./kerasModel.js";
import { indexMask, MASKED, valueMask, withMask } from "./mask.js";
import { mergeLayers, type MergeMode, sumOf } from "./merge.js";
import type { KerasLayer } from "./topology.js";

/** What a layer of Keras gives. */
export interface Value {
  /** Names of our layers, or "input". */
  readonly parts: readonly string[];
  readonly size: number;
  /** Whether its steps come in the reverse of ours: go_backwards gives them in the order in which it went. */
  readonly isReversed: boolean;
  /** Our layer that says which steps do not count. */
  readonly mask: string | null;
  /** Whether no number in it is beyond 1. */
  readonly isBounded: boolean;
}

/** Collects our layers, one layer of Keras after the other. */
export class NetworkBuilder {
  readonly layers: LayerSpec[] = [];
  readonly notes = new Set<string>();
  readonly #model: KerasModel;
  readonly #isKeras3: boolean;
  readonly #values = new Map<string, Value>();
  /** Names of the layers that give nothing but masks. */
  readonly #masks = new Set<string>();
  readonly #input: Value;

  /** @param inputSize features of a step @param isReversed whether the input's last step is to come first */
  constructor(model: KerasModel, inputSize: number, isReversed: boolean) {
    this.#model = model;
    this.#isKeras3 = Number.parseInt(model.version ?? "2", 10) >= 3;
    this.#input = { parts: [NETWORK_INPUT], size: inputSize, isReversed, mask: null, isBounded: false };
  }

  /** What a layer that was added gives. */
  value(name: string): Value {
    return this.#values.get(name)!;
  }

  /** Adds a layer of Keras. @throws GruError `unsupported`, `bad-file`, `shape-mismatch` */
  add(layer: KerasLayer): void {
    if (layer.className === "NotEqual") this.#masks.add(layer.name);
    const given = layer.inputs.map((name) => this.value(name));
    this.#checkMask(layer, given);
    this.#values.set(layer.name, this.#read(layer, given));
  }

  #read(layer: KerasLayer, given: readonly Value[]): Value {
    const { name, className, config } = layer;
    if (className === "InputLayer") return this.#input;
    if (className === "Concatenate") return this.#concatenate(layer, given);
    if (className === "Add") return this.#merge("sum", name, given);
    if (className === "Average") return this.#merge("ave", name, given);
    if (className === "Multiply") return this.#merge("mul", name, given);
    const [input] = given;
    if (given.length !== 1)
      throw new GruError("unsupported", `layer "${name}": expected one input, got ${given.length}`);
    switch (className) {
      case "Dropout":
      case "SpatialDropout1D":
      case "NotEqual":
        return input!;
      case "Embedding":
        return this.#embedding(layer, input!);
      case "GRU":
        return this.#gru(layer, config, config, input!);
      case "RNN":
        return this.#gru(layer, config, this.#inner(config, "cell", "GRUCell"), input!);
      case "Bidirectional":
        return this.#bidirectional(layer, input!);
      case "TimeDistributed":
        return this.#timeDistributed(layer, input!);
      case "Dense":
        return this.#dense(layer, config, input!);
      case "Activation":
        return this.#activation(layer, config, input!);
      case "Masking":
        return this.#masking(layer, input!);
    }
  }

  /** A mask that a call names is to be the one that its input has anyway. */
  #checkMask({ name, mask }: KerasLayer, given: readonly Value[]): void {
    if (mask === null) return;
    if (this.#masks.has(mask) && given.every((value) => value.mask !== null)) return;
    throw new GruError(
      "unsupported",
      `layer "${name}": expected the mask of an embedding with mask_zero, got "${mask}"`,
    );
  }

  /** The layer inside a wrapper. @throws GruError `unsupported` for one of another class */
  #inner(config: Config, field: string, ...classNames: string[]): Config {
    const inner = config.object(field);
    const className = inner.text("class_name");
    if (!classNames.includes(className)) throw inner.unsupported("class_name", classNames.join(" or "));
    return new Config(inner.get("config"), `${config.subject}.${field}`);
  }

  #weights(layer: KerasLayer): NamedTensor[] {
    return this.#model.weightsOf(layer);
  }

  #embedding(layer: KerasLayer, { parts }: Value): Value {
    const { name, config } = layer;
    if (parts.join() !== NETWORK_INPUT) {
      throw new GruError(
        "unsupported",
        `layer "${name}": expected an embedding to read the model's input, got "${parts.join()}"`,
      );
    }
    const [numEmbeddings, embeddingSize] = [config.size("input_dim"), config.size("output_dim")];
    const tensors = this.#weights(layer);
    if (tensors.length !== 1) throw badWeights(config.subject, ["embeddings"], tensors);
    checkShape(tensors[0]!, [numEmbeddings, embeddingSize]);
    const { values: weight, storage } = tensors[0]!.tensor;
    this.layers.push({ type: "embedding", name, inputs: parts, numEmbeddings, embeddingSize, weight, storage });
    const mask = config.flag("mask_zero", false) ? `${name}.mask` : null;
    if (mask !== null) this.layers.push(indexMask(mask, numEmbeddings));
    return { parts: [name], size: embeddingSize, isReversed: this.#input.isReversed, mask, isBounded: false };
  }

  /** @param config of the layer that goes through the steps @param cell of what computes one */
  #gru(layer: KerasLayer, config: Config, cell: Config, input: Value): Value {
    const { name } = layer;
    const part = this.#gruPart(cell, this.#weights(layer), input);
    this.#noteState(layer, config);
    const isBackwards = config.flag("go_backwards", false) !== input.isReversed;
    const returnSequences = this.#returnSequences(config, input);
    const inputs = this.#inputs(input);
    this.layers.push(gruSpec(name, inputs, isBackwards ? "reverse" : "forward", part, returnSequences));
    return this.#gruValue([name], part, isBackwards, returnSequences, input);
  }

  #gruPart(config: Config, tensors: readonly NamedTensor[], { mask }: Value): GruPart {
    const part = readGruPart(config, tensors, this.#isKeras3);
    return mask === null ? part : withMask(part, config.subject);
  }

  #gruValue(
    parts: readonly string[],
    part: GruPart,
    isReversed: boolean,
    returnSequences: boolean,
    input: Value,
  ): Value {
    return {
      parts,
      size: parts.length * part.hiddenSize,
      isReversed: returnSequences && isReversed,
      mask: returnSequences ? input.mask : null,
      isBounded: isBounded(part.newActivation),
    };
  }

  /** What a recurrent layer reads: its input, and which steps of it count. */
  #inputs({ parts, mask }: Value): string[] {
    return mask === null ? [...parts] : [...parts, mask];
  }

  #returnSequences(config: Config, { mask }: Value): boolean {
    const returnSequences = config.flag("return_sequences", false);
    if (mask !== null && returnSequences && config.flag("zero_output_for_mask", false)) {
      throw config.unsupported("zero_output_for_mask", "false: a masked step repeats the output before it");
    }
    return returnSequences;
  }

  #noteState({ name }: KerasLayer, config: Config): void {
    if (!config.flag("stateful", false)) return;
    this.notes.add(`Layer "${name}" is stateful: a stream keeps its state from push to push, run begins with zeros.`);
  }

  #bidirectional(layer: KerasLayer, input: Value): Value {
    const { name, config } = layer;
    const classNames = ["GRU", "RNN"];
    const forward = this.#inner(config, "layer", ...classNames);
    const backward = config.has("backward_layer") ? this.#inner(config, "backward_layer", ...classNames) : forward;
    const isTurned =
      backward !== forward && backward.flag("go_backwards", false) === forward.flag("go_backwards", false);
    const returnSequences = this.#returnSequences(forward, input);
    if (isTurned || backward.flag("return_sequences", false) !== returnSequences) {
      throw config.unsupported("backward_layer", "like the forward one, in the other direction");
    }
    this.#noteState(layer, forward);
    const tensors = this.#weights(layer);
    const half = tensors.length / 2;
    const cellOf = (one: Config) => (one.has("cell") ? this.#inner(one, "cell", "GRUCell") : one);
    const first = this.#gruPart(cellOf(forward), tensors.slice(0, half), input);
    const second = this.#gruPart(cellOf(backward), tensors.slice(half), input);
    const isBackwards = forward.flag("go_backwards", false) !== input.isReversed;
    const mode = this.#mergeMode(config);
    const own = mode === null ? name : `${name}.gru`;
    const parts = this.#bothDirections(own, this.#inputs(input), first, second, isBackwards, returnSequences);
    const value = this.#gruValue(parts, first, isBackwards, returnSequences, input);
    const both = {
      ...value,
      size: first.hiddenSize + second.hiddenSize,
      isBounded: value.isBounded && isBounded(second.newActivation),
    };
    if (mode === null) return both;
    const halves = { ...both, size: first.hiddenSize };
    return this.#mergeParts(mode, name, parts, halves, 2);
  }

  #mergeMode(config: Config): MergeMode | null {
    const mode = config.text("merge_mode", "concat");
    if (mode === "concat") return null;
    if (mode === "sum" || mode === "ave" || mode === "mul") return mode;
    throw config.unsupported("merge_mode", "concat, sum, ave or mul");
  }

  /** One layer of both directions where one will do; else one of each. @returns their names, the first direction's first */
  #bothDirections(
    name: string,
    inputs: readonly string[],
    first: GruPart,
    second: GruPart,
    isBackwards: boolean,
    returnSequences: boolean,
  ): string[] {
    if (!isBackwards && areAlike(first, second)) {
      this.layers.push(gruSpec(name, inputs, "bidirectional", stackParts(first, second), returnSequences));
      return [name];
    }
    const names = [`${name}.forward`, `${name}.backward`] as const;
    const [one, other] = isBackwards ? (["reverse", "forward"] as const) : (["forward", "reverse"] as const);
    this.layers.push(gruSpec(names[0], inputs, one, first, returnSequences));
    this.layers.push(gruSpec(names[1], inputs, other, second, returnSequences));
    return [...names];
  }

  #timeDistributed(layer: KerasLayer, input: Value): Value {
    const config = this.#inner(layer.config, "layer", "Dense", "Activation", "Dropout");
    switch (layer.config.object("layer").text("class_name")) {
      case "Dense":
        return this.#dense(layer, config, input);
      case "Activation":
        return this.#activation(layer, config, input);
      default:
        return input;
    }
  }

  #dense(layer: KerasLayer, config: Config, input: Value): Value {
    const { name } = layer;
    const hasBias = config.flag(config.has("use_bias") ? "use_bias" : "bias", true); // Keras 1: bias
    const outputSize = config.size(config.has("units") ? "units" : "output_dim");
    const tensors = this.#weights(layer);
    const expected = hasBias ? ["kernel", "bias"] : ["kernel"];
    if (tensors.length !== expected.length) throw badWeights(config.subject, expected, tensors);
    const [kernel, bias] = tensors as [NamedTensor, NamedTensor | undefined];
    checkShape(kernel, [input.size, outputSize]);
    if (bias !== undefined) checkShape(bias, [outputSize]);
    const activation = denseActivation(config, "activation", "linear", this.#isKeras3);
    const { storage } = kernel.tensor;
    const weight = transpose(kernel.tensor);
    this.layers.push({
      type: "dense",
      name,
      inputs: input.parts,
      inputSize: input.size,
      outputSize,
      activation,
      weight,
      bias: bias?.tensor.values ?? null,
      storage,
    });
    return { ...input, parts: [name], size: outputSize, isBounded: isBounded(activation) };
  }

  /** Becomes the activation of the dense layer before it where nothing else reads that; else a layer of its own. */
  #activation({ name, inputs }: KerasLayer, config: Config, input: Value): Value {
    const activation = completeActivation(denseActivation(config, "activation", "linear", this.#isKeras3));
    if (activation.name === "linear") return input;
    const at = this.layers.findIndex((layer) => layer.name === inputs[0]);
    const before = this.layers[at];
    const isLinear = before?.type === "dense" && completeActivation(before.activation ?? "linear").name === "linear";
    if (isLinear && input.parts.join() === before.name && this.#numReaders(before.name) === 1) {
      this.layers[at] = { ...before, name, activation };
    } else this.layers.push({ ...sumOf(name, input.parts, input.size), activation });
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
    const { parts, size } = input;
    if (input.mask !== null)
      throw new GruError("unsupported", `layer "${name}": expected one mask, got another before it`);
    this.layers.push(...valueMask(name, parts, size, value));
    const mask = `${name}.mask`;
    if (value === 0) return { ...input, mask };
    const zeroed = sumOf(name, [...parts, mask], size);
    const weight = new Float32Array(size * (size + 1));
    for (let i = 0; i < size; i++) {
      weight[i * (size + 1) + i] = 1;
      weight[i * (size + 1) + size] = -value / MASKED;
    }
    this.layers.push({ ...zeroed, inputSize: size + 1, weight });
    return { ...input, parts: [name], mask };
  }

  #concatenate({ config }: KerasLayer, given: readonly Value[]): Value {
    const axis = config.number("axis", -1);
    if (axis !== -1 && axis !== 2) throw config.unsupported("axis", "-1, the features");
    const size = given.reduce((sum, value) => sum + value.size, 0);
    return { ...this.#join(config.subject, given), size };
  }

  #merge(mode: MergeMode, name: string, given: readonly Value[]): Value {
    const joined = this.#join(`layer "${name}"`, given);
    const sizes = new Set(given.map(({ size }) => size));
    if (sizes.size > 1) {
      throw new GruError(
        "unsupported",
        `layer "${name}": expected inputs of one size, got ${[...sizes].join(" and ")}`,
      );
    }
    return this.#mergeParts(mode, name, joined.parts, joined, given.length);
  }

  /** @param value as each of the tensors that are merged */
  #mergeParts(mode: MergeMode, name: string, parts: readonly string[], value: Value, count: number): Value {
    if (mode === "mul" && !value.isBounded) {
      throw new GruError(
        "unsupported",
        `layer "${name}": expected a product of numbers in [-1, 1], as tanh and sigmoid give, got others: digits would be lost`,
      );
    }
    this.layers.push(...mergeLayers(mode, name, parts, value.size, count));
    return { ...value, parts: [name], isBounded: mode !== "sum" && value.isBounded };
  }

  /** Values side by side, of the size of the first. @throws GruError `unsupported` when they differ in order or in masks */
  #join(subject: string, given: readonly Value[]): Value {
    const [first] = given;
    const masks = new Set(given.flatMap(({ mask }) => mask ?? []));
    if (first === undefined) throw new GruError("bad-file", `${subject}: expected inputs, got none`);
    if (masks.size > 1)
      throw new GruError("unsupported", `${subject}: expected one mask, got ${[...masks].join(" and ")}`);
    if (given.some(({ isReversed }) => isReversed !== first.isReversed)) {
      const expected = "inputs in one order, got some last step first, as go_backwards gives them";
      throw new GruError("unsupported", `${subject}: expected ${expected}`);
    }
    const [mask = null] = masks;
    const parts = given.flatMap((value) => value.parts);
    return { ...first, parts, mask, isBounded: given.every((value) => value.isBounded) };
  }

  /** The layer of ours that gives a value as one. @param name for one that has to be made */
  single(name: string): string {
    const value = this.value(name);
    const [part] = value.parts;
    if (value.parts.length === 1 && part !== NETWORK_INPUT) return part!;
    this.layers.push(sumOf(name, value.parts, value.size));
    return name;
  }
}
