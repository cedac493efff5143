import type { Tensor } from "../tensor.js";
import type { KerasLayer, Topology } from "./kerasLayer.js";

/** A tensor and its name in the file. */
export interface NamedTensor {
  readonly name: string;
  readonly tensor: Tensor;
}

/** A Keras model, from a file of any of Keras's formats. */
export interface KerasModel {
  /** The version of Keras that wrote the file, "2.4.0"; null if the file does not say. */
  readonly version: string | null;
  readonly topology: Topology;
  /** The weights of a layer, or of the layer that it wraps, in Keras's order: forward before backward. */
  weightsOf(layer: KerasLayer): NamedTensor[];
}
