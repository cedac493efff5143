import type { Tensor } from "../tensor.js";
import type { Topology } from "./topology.js";

/** A tensor of a file, and what the file calls it. */
export interface NamedTensor {
  readonly name: string;
  readonly tensor: Tensor;
}

/** A Keras model, from whatever file it came. */
export interface KerasModel {
  /** Which Keras wrote it, as the file says: "2.4.0"; null where it does not. */
  readonly version: string | null;
  readonly topology: Topology;
  /** The weights of a layer, or of what it wraps, in Keras's own order: forward before backward. */
  weightsOf(layer: LayerPlace): NamedTensor[];
}

/** Where a layer is in its model. */
export interface LayerPlace {
  readonly name: string;
  readonly className: string;
  /** Its place among the layers of its class, from 0: Keras 3 names weights by it. */
  readonly ordinal: number;
}
