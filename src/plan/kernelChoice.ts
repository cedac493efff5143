import type { KernelSpec } from "../kernels/kernelSpec.js";
import type { GruLayer, Network } from "../model/network.js";

/** B and T of a chunk. */
export type RowsAndSteps = readonly [numRows: number, numSteps: number];

/** What a device does better than by single steps, layer by layer. The planner asks; null means by single steps. */
export interface KernelChoice {
  /** How a layer walks through all steps of a chunk, by a kernel with the bindings of gru_step. */
  walkLayer(layer: GruLayer, stateSize: number, size: RowsAndSteps): KernelSpec | null;
  /**
   * How a whole network walks through a chunk, by a kernel with the bindings of network_step.
   *
   * @param weightBytes of all weights
   */
  walkNetwork(network: Network, weightBytes: number, size: RowsAndSteps): KernelSpec | null;
  /** What that kernel reads beside the weights; null for a network that it cannot walk. */
  program(network: Network): Uint32Array<ArrayBuffer> | null;
  /** Sizes of chunks that have among them every kernel that this may choose. */
  readonly sizes: readonly RowsAndSteps[];
}
