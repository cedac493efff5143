import source from "../../shaders/gru_cooperative.wgsl?raw";
import { numDirections } from "../layers/direction.js";
import type { GruLayer } from "../layers/gru.js";
import type { PersistentTile } from "./gruPersistent.js";
import { type KernelSpec, paddedSize } from "./kernelSpec.js";
import { projectedSpec } from "./stepSpec.js";

/** How a cooperative kernel shares out its work: each workgroup makes workgroupSize / lanes units. */
export interface CooperativeTile extends PersistentTile {
  /** How often an invocation looks for what another workgroup makes before it gives up. */
  readonly maxSpins: number;
}

/**
 * All steps of one reset-after layer, all directions, in one dispatch; several workgroups for each row and direction, which
 * wait for each other at every step. Only the work of a submit bounds its steps: no software adapter takes it.
 */
export function gruCooperativeKernel(layer: GruLayer, stateSize: number, tile: CooperativeTile): KernelSpec {
  const { workgroupSize, lanes, maxSpins } = tile;
  const spec = projectedSpec({ name: "gru_cooperative", source, numProducts: 3 }, layer, stateSize, "storage");
  return {
    ...spec,
    label: `${spec.label} ${workgroupSize}x${lanes}, ${maxSpins} spins`,
    constants: { ...spec.constants, WORKGROUP_SIZE: workgroupSize, LANES: lanes, MAX_SPINS: maxSpins },
    workgroups: (batchSize) => [numCooperativeGroups(layer, tile), batchSize, numDirections(layer)],
    maxStepsAtOnce: Infinity,
  };
}

/** Workgroups of each row and direction. */
export function numCooperativeGroups({ hiddenSize }: GruLayer, { workgroupSize, lanes }: PersistentTile): number {
  return Math.ceil((hiddenSize * lanes) / workgroupSize);
}

/** Bytes of workgroup memory that the kernel takes. */
export function cooperativeMemoryBytes({ hiddenSize }: GruLayer, { workgroupSize, lanes }: PersistentTile): number {
  // A vec3f takes as much as a vec4f; the flag may be padded to one.
  return 4 * paddedSize(hiddenSize) + 16 * (workgroupSize + lanes) + 16;
}
