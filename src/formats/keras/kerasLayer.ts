import type { Config } from "./config.js";

/** A call of a layer: a layer that is called twice is two of them, with the same weights. */
export interface KerasLayer {
  /** Its own among all calls. */
  readonly name: string;
  readonly className: string;
  readonly config: Config;
  /** The calls that it reads; none for the model's input. */
  readonly inputs: readonly string[];
  /** The call whose output is the mask, if the call names one. */
  readonly mask: string | null;
  /** The outputs that a recurrent layer begins with, of Keras's states in their order; empty for zeros. */
  readonly states: readonly string[];
  /** Whether it is applied to each step by itself, by TimeDistributed. */
  readonly isPerStep: boolean;
  /** Shape of the input, [B, T, I] or [B, T], with null for any size; null if the layer does not say. */
  readonly inputShape: readonly unknown[] | null;
  readonly place: Place;
}

/** Where a layer's weights are, in files of any format. */
export interface Place {
  /** Names from the layer of the whole model on: of the nested models around the layer, then its own. */
  readonly names: readonly string[];
  /** Its group in the weights of a .keras file: "layers/sequential/layers/dense_1". */
  readonly folder: string;
}

/** The calls of a model and its outputs. */
export interface Topology {
  /** In topological order. */
  readonly layers: readonly KerasLayer[];
  /** Names of the InputLayers, in the order of the model's inputs. */
  readonly inputs: readonly string[];
  /** Names of the calls whose outputs are the model's, the main one first. */
  readonly outputs: readonly string[];
  /** Keras's names of the outputs, each once: those of the layers or nested models that give them. */
  readonly outputNames: readonly string[];
}
