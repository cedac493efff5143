import { GruError } from "../../errors.js";
import type { LayerSpec } from "../../layers/index.js";
import type { Config } from "./config.js";
import type { Dialect } from "./dialect.js";
import { badWeights } from "./cellPart.js";
import type { KerasLayer } from "./kerasLayer.js";
import type { NamedTensor } from "./kerasModel.js";
import type { LayerList } from "./layerList.js";
import type { KerasTensor } from "./tensor.js";
import type { Built, Mask } from "./value.js";

/** A state of a recurrent layer: one direction of a block of one of ours. */
export interface OwnState {
  /** Name of our layer. */
  readonly layer: string;
  readonly block: "h" | "c";
  readonly direction: number;
  readonly numDirections: number;
  readonly hiddenSize: number;
}

/** The network that is being built. */
export interface Building {
  readonly list: LayerList;
  readonly dialect: Dialect;
  /** Sentences for a person. */
  readonly notes: string[];
  /** The model's inputs, by their names. */
  readonly inputs: ReadonlyMap<string, KerasTensor>;
  /** The masks of index 0 of the inputs that embeddings with mask_zero read, by the name of our layer that gives the input. */
  readonly indexMasks: Map<string, Mask>;
  weightsOf(layer: KerasLayer): NamedTensor[];
  /** Remembers the states of a recurrent layer, in Keras's order. */
  keepStates(layer: KerasLayer, states: readonly OwnState[]): void;
  /** Recurrent layers that begin with states, and what these are in ours. */
  readonly begins: { readonly layer: KerasLayer; readonly states: readonly OwnState[] }[];
  /** Whether a call's masked steps reach an output or a layer other than a recurrent one, which skips them. */
  areMaskedStepsRead(name: string): boolean;
  /** Number of calls and outputs that read a call. */
  numReaders(name: string): number;
  /** Whether some layer goes from step to step. */
  readonly hasTime: boolean;
}

/** Reads a layer of one class: adds our layers for it, and gives its output. */
export type LayerReader = (call: LayerCall) => KerasTensor;

/** A call of a layer that is being read. */
export class LayerCall {
  readonly layer: KerasLayer;
  /** The tensors that it reads. */
  readonly given: readonly KerasTensor[];
  readonly builder: Building;
  #numRearranged = 0;

  constructor(layer: KerasLayer, given: readonly KerasTensor[], builder: Building) {
    this.layer = layer;
    this.given = given;
    this.builder = builder;
  }

  get name(): string {
    return this.layer.name;
  }

  /** For messages. */
  get subject(): string {
    return `layer "${this.name}"`;
  }

  get config(): Config {
    return this.layer.config;
  }

  get dialect(): Dialect {
    return this.builder.dialect;
  }

  /** The only tensor that it reads. @throws GruError `unsupported` for several */
  get input(): KerasTensor {
    if (this.given.length !== 1) throw this.unsupported(`one input, got ${this.given.length}`);
    return this.given[0]!;
  }

  /** @throws GruError `bad-file` for another number of weights than expected */
  weights(...expected: readonly string[]): NamedTensor[] {
    const tensors = this.allWeights();
    if (tensors.length !== expected.length) throw badWeights(this.subject, expected, tensors);
    return tensors;
  }

  allWeights(): NamedTensor[] {
    return this.builder.weightsOf(this.layer);
  }

  push(...layers: readonly LayerSpec[]): void {
    this.builder.list.push(...layers);
  }

  /** Adds a rearrangement of a tensor's frames. @param indices of its numbers, -1 for `fill` @returns its name */
  rearranged({ parts, size }: KerasTensor, indices: Float32Array, fill = 0): string {
    this.#numRearranged++;
    const name = `${this.name}.order${this.#numRearranged === 1 ? "" : this.#numRearranged}`;
    const outputSize = indices.length;
    this.push({ type: "rearrange", name, inputs: parts, inputSize: size, outputSize, fill, indices });
    return name;
  }

  /** Adds the layers of what other files built. */
  pushBuilt({ layers, value }: Built): Built["value"] {
    this.push(...layers);
    return value;
  }

  /** As `axisOf`, of the only tensor. */
  frameAxis(axis: unknown): number | null {
    return this.axisOf(this.input, axis);
  }

  /** The axis of a tensor's frames that Keras numbers from the batch on, or from the end; null for another. */
  axisOf({ shape, isSequence }: KerasTensor, axis: unknown): number | null {
    const numBefore = isSequence ? 2 : 1;
    if (!Number.isInteger(axis)) return null;
    const from = (axis as number) < 0 ? (axis as number) + shape.length : (axis as number) - numBefore;
    return from >= 0 && from < shape.length ? from : null;
  }

  unsupported(expected: string): GruError {
    return this.refuse(`expected ${expected}`);
  }

  refuse(why: string): GruError {
    return new GruError("unsupported", `${this.subject}: ${why}`);
  }
}
