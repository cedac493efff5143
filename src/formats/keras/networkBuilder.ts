import { GruError } from "../../errors.js";
import type { GruSpec } from "../../layers/gru.js";
import type { LayerSpec } from "../../layers/index.js";
import { NETWORK_INPUT } from "../../model/network.js";
import { quote } from "../quote.js";
import { outputName } from "./callGraph.js";
import { type Dialect, dialectOf } from "./dialect.js";
import type { KerasLayer } from "./kerasLayer.js";
import type { KerasModel, NamedTensor } from "./kerasModel.js";
import { type Building, LayerCall, type OwnState } from "./layerCall.js";
import { inputTensors } from "./inputTensors.js";
import { hasTime, type ModelInput } from "./modelInput.js";
import { LayerList } from "./layerList.js";
import { RECURRENT_CLASSES } from "./cells.js";
import { PASSING_CLASSES, READERS, WINDOW_CLASSES } from "./layerReaders.js";
import { copyOf } from "./merge.js";
import type { KerasTensor } from "./tensor.js";
import type { Mask } from "./value.js";

/** Builds our layers from Keras's, one call after the other. */
export class NetworkBuilder implements Building {
  readonly notes: string[] = [];
  readonly list = new LayerList();
  readonly dialect: Dialect;
  readonly inputs: ReadonlyMap<string, KerasTensor>;
  readonly indexMasks = new Map<string, Mask>();
  readonly #model: KerasModel;
  readonly begins: { readonly layer: KerasLayer; readonly states: readonly OwnState[] }[] = [];
  readonly #values = new Map<string, KerasTensor>();
  /** The states of recurrent layers, by the names of Keras's outputs. */
  readonly #states = new Map<string, OwnState>();
  /** Calls that give only the mask of an input of the model, and our layer that gives the input. */
  readonly #masks = new Map<string, string>();
  /** Names of our layers that are outputs. */
  readonly #outputs = new Set<string>();

  /** @param inputs the model's inputs @param isReversed whether the network sees their last step first */
  constructor(model: KerasModel, inputs: readonly ModelInput[], isReversed: boolean) {
    this.#model = model;
    this.dialect = dialectOf(model.version);
    this.inputs = inputTensors(inputs, isReversed, this.list);
  }

  get layers(): readonly LayerSpec[] {
    return this.list.layers;
  }

  /** An output of an added call. @throws GruError `unsupported` for one that no layer here gives */
  value(name: string): KerasTensor {
    const value = this.#values.get(name);
    if (value !== undefined) return value;
    const state = this.#states.get(name);
    const expected = "the first tensor of each layer, or the h of a recurrent layer with return_state";
    if (state?.block !== "h") throw new GruError("unsupported", `keras: expected ${expected}, got ${quote(name)}`);
    const own = this.#endOf(name, state);
    this.#values.set(name, own);
    return own;
  }

  keepStates({ name }: KerasLayer, states: readonly OwnState[]): void {
    states.forEach((state, i) => this.#states.set(outputName(name, i + 1), state));
  }

  /** The state that an output of Keras is; undefined for another output. */
  stateOf(name: string): OwnState | undefined {
    return this.#states.get(name);
  }

  /** The h of a layer at a sequence's end, as a frame. */
  #endOf(name: string, { layer, direction, numDirections, hiddenSize }: OwnState): KerasTensor {
    const spec = this.list.layers.find((own) => own.name === layer) as GruSpec;
    const size = numDirections * hiddenSize;
    let end = layer;
    if (spec.returnSequences !== false) {
      end = `${name}.end`;
      this.list.push({ type: "last", name: end, inputs: [layer], inputSize: size, direction: spec.direction! });
    }
    if (numDirections > 1) {
      const indices = Float32Array.from({ length: hiddenSize }, (_, i) => direction * hiddenSize + i);
      this.list.push({ type: "rearrange", name, inputs: [end], inputSize: size, outputSize: hiddenSize, indices });
      end = name;
    }
    return {
      parts: [end],
      shape: [hiddenSize],
      size: hiddenSize,
      order: null,
      isSequence: false,
      numSteps: null,
      timePadding: null,
      isReversed: false,
      mask: null,
      isBounded: false,
    };
  }

  /** Adds a call. @throws GruError `unsupported`, `bad-file`, `shape-mismatch` */
  add(layer: KerasLayer): void {
    if (layer.className === "NotEqual") this.#masks.set(layer.name, this.value(layer.inputs[0]!).parts.join());
    const mask = this.#namedMask(layer);
    const given = layer.inputs
      .map((name) => this.value(name))
      .map((value) => (mask === null ? value : { ...value, mask }));
    this.#values.set(layer.name, layer.isPerStep ? this.#readPerStep(layer, given) : this.#read(layer, given));
  }

  /**
   * Our layer that gives a whole value in Keras's order, for an output; one is added if the value has several parts.
   *
   * @param name of an added call
   */
  single(name: string): string {
    const { order, parts, size } = this.value(name);
    const isOwn = parts.length === 1 && parts[0] !== NETWORK_INPUT && !this.#outputs.has(parts[0]!);
    if (isOwn && order === null) {
      this.#outputs.add(parts[0]!);
      return parts[0]!;
    }
    const own = `${name}.output${this.#outputs.size}`;
    this.#outputs.add(own);
    const indices = order === null ? null : Float32Array.from(order);
    const moved = { type: "rearrange", name: own, inputs: parts, inputSize: size, outputSize: size } as const;
    this.list.push(indices === null ? copyOf(own, parts, size) : { ...moved, indices });
    return own;
  }

  weightsOf(layer: KerasLayer): NamedTensor[] {
    const tensors = this.#model.weightsOf(layer);
    this.list.count(tensors);
    return tensors;
  }

  areMaskedStepsRead(name: string): boolean {
    const { layers, outputs } = this.#model.topology;
    if (outputs.includes(name)) return true;
    const readers = layers.filter(({ inputs }) => inputs.includes(name));
    return readers.some((reader) => {
      if (RECURRENT_CLASSES.includes(reader.className)) return false;
      return !PASSING_CLASSES.includes(reader.className) || this.areMaskedStepsRead(reader.name);
    });
  }

  numReaders(name: string): number {
    const { layers, outputs } = this.#model.topology;
    return [...layers.flatMap(({ inputs }) => inputs), ...outputs].filter((read) => read === name).length;
  }

  /** Whether some layer goes from step to step. */
  get hasTime(): boolean {
    return hasTime(this.#model);
  }

  #read(layer: KerasLayer, given: readonly KerasTensor[]): KerasTensor {
    const padded = given.some(({ timePadding }) => timePadding !== null);
    if (padded && !WINDOW_CLASSES.includes(layer.className)) {
      const expected = "a convolution or a pooling after a padding of steps";
      throw new GruError("unsupported", `layer "${layer.name}": expected ${expected}, got ${layer.className}`);
    }
    return READERS.get(layer.className)!(new LayerCall(layer, given, this));
  }

  /** TimeDistributed: the layer sees each step by itself. */
  #readPerStep(layer: KerasLayer, given: readonly KerasTensor[]): KerasTensor {
    const single = given.find(({ isSequence }) => !isSequence);
    if (single !== undefined || given.length === 0) {
      throw new GruError("unsupported", `layer "${layer.name}": expected TimeDistributed to read a sequence`);
    }
    const [{ isReversed, mask, numSteps }] = given as [KerasTensor];
    const frames = given.map((value) => ({ ...value, isSequence: false, numSteps: null, mask: null }));
    return { ...this.#read(layer, frames), isSequence: true, isReversed, mask, numSteps };
  }

  /** The mask that a call names, which replaces the mask of its input; null if it names none. */
  #namedMask({ name, mask }: KerasLayer): Mask | null {
    if (mask === null) return null;
    const found = this.indexMasks.get(this.#masks.get(mask) ?? "");
    if (found !== undefined) return found;
    const expected = "the mask of an embedding with mask_zero";
    throw new GruError("unsupported", `layer "${name}": expected ${expected}, got "${mask}"`);
  }
}
