import type { Tensor } from "../tensor.js";
import type { Topology } from "./topology.js";

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
  weightsOf(layer: LayerId): NamedTensor[];
}

/** The properties of a layer that files name its weights by. */
export interface LayerId {
  readonly name: string;
  readonly className: string;
  /** Its index among the layers of its class: Keras 3 names weights by it. */
  readonly ordinal: number;
}
