import source from "../../shaders/gru_step_tile.wgsl?raw";
import { numDirections } from "../layers/direction.js";
import type { GruLayer } from "../layers/gru.js";
import { stepBindings } from "./gruStep.js";
import { type KernelSpec, numWorkgroups } from "./kernelSpec.js";
import { stepSpec } from "./stepSpec.js";

/** Rows that one invocation makes together. */
const TILE_ROWS = 4;

/** One reset-after step of one layer, all directions, for batches: a weight is read once for four rows. */
export function gruStepTileKernel(layer: GruLayer, stateSize: number): KernelSpec {
  const { hiddenSize } = layer;
  return {
    ...stepSpec({ name: "gru_step_tile", source, bindings: stepBindings, numProducts: 3 }, layer, stateSize),
    workgroups: (batchSize) => [numWorkgroups(hiddenSize), Math.ceil(batchSize / TILE_ROWS), numDirections(layer)],
  };
}
