import source from "../../shaders/recurrent_cooperative.wgsl?raw";
import { numDirections } from "../layers/direction.js";
import { type KernelSpec, paddedSize } from "./kernelSpec.js";
import type { PersistentTile } from "./recurrentPersistent.js";
import { numGates, type RecurrentLayer } from "./recurrentUnit.js";
import { projectedSpec } from "./stepSpec.js";

/** How a cooperative kernel shares out its work: each workgroup makes workgroupSize / lanes units. */
export interface CooperativeTile extends PersistentTile {
  /** How often an invocation looks for what another workgroup makes before it gives up. */
  readonly maxSpins: number;
}

/**
 * All steps of one layer whose state is h alone, all directions, in one dispatch; of a GRU with the reset after; several workgroups for each row and direction, which
 * wait for each other at every step. Only the work of a submit bounds its steps: no software adapter takes it.
 */
export function recurrentCooperativeKernel(
  layer: RecurrentLayer,
  stateSize: number,
  tile: CooperativeTile,
): KernelSpec {
  const { workgroupSize, lanes, maxSpins } = tile;
  const spec = projectedSpec(
    { name: "recurrent_cooperative", source, numProducts: numGates(layer) },
    layer,
    stateSize,
    "storage",
  );
  return {
    ...spec,
    label: `${spec.label} ${workgroupSize}x${lanes}, ${maxSpins} spins`,
    constants: { ...spec.constants, WORKGROUP_SIZE: workgroupSize, LANES: lanes, MAX_SPINS: maxSpins },
    workgroups: (batchSize) => [numCooperativeGroups(layer, tile), batchSize, numDirections(layer)],
    maxStepsAtOnce: Infinity,
  };
}

/** Workgroups of each row and direction. */
export function numCooperativeGroups({ hiddenSize }: RecurrentLayer, { workgroupSize, lanes }: PersistentTile): number {
  return Math.ceil((hiddenSize * lanes) / workgroupSize);
}

/** Bytes of workgroup memory that the kernel takes. */
export function cooperativeMemoryBytes(
  { hiddenSize }: RecurrentLayer,
  { workgroupSize, lanes }: PersistentTile,
): number {
  // A vec3f takes as much as a vec4f; the flag may be padded to one.
  return 4 * paddedSize(hiddenSize) + 16 * (workgroupSize + lanes) + 16;
}
