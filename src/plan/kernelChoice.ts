import type { KernelSpec } from "../kernels/kernelSpec.js";
import type { GruLayer } from "../layers/gru.js";
import type { Network } from "../model/network.js";

/** B and T of a chunk. */
export type RowsAndSteps = readonly [numRows: number, numSteps: number];

/** What a device does better than by single steps, layer by layer. The planner asks; null means by single steps. */
export interface KernelChoice {
  /** How a layer makes one step from its input, by a kernel with the bindings of gru_cell. */
  cellLayer(network: Network, layer: GruLayer, stateSize: number, size: RowsAndSteps): KernelSpec | null;
  /** How a layer makes one step from its projection, by a kernel with the bindings of gru_step. */
  stepLayer(layer: GruLayer, stateSize: number, size: RowsAndSteps): KernelSpec | null;
  /**
   * How a layer walks through all steps of a chunk: by one kernel with the bindings of gru_step, or by gru_cooperative
   * and one that goes on where that gives up.
   */
  walkLayer(layer: GruLayer, stateSize: number, size: RowsAndSteps): KernelSpec[] | null;
  /**
   * How GRU layers of one size, each of which alone reads the one before, advance together: a wavefront by one kernel with
   * the bindings of gru_wavefront, or by two, gru_wavefront and gru_wavefront_new. T + L - 1 of them make T steps of L layers.
   */
  walkStack(network: Network, layers: readonly GruLayer[], stateSize: number, size: RowsAndSteps): KernelSpec[] | null;
  /**
   * How a whole network walks through a chunk, by a kernel with the bindings of network_step.
   */
  walkNetwork(network: Network, size: RowsAndSteps): KernelSpec | null;
  /**
   * What these two read beside the weights, which are then one buffer; null for a network that they cannot walk, or that is
   * too large for a buffer.
   */
  program(network: Network): Uint32Array<ArrayBuffer> | null;
  /** Sizes of chunks that have among them every kernel that this may choose. */
  readonly sizes: readonly RowsAndSteps[];
  /** Takes note of a chunk in which gru_cooperative gave up. */
  noteFailure(): void;
  /** What is chosen once that has happened too often; null where it cannot. */
  readonly fallback: KernelChoice | null;
  /** For `explain()`: why the fallback is what is chosen; empty as long as it is not. */
  readonly note: string;
}
