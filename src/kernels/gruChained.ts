import source from "../../shaders/gru_chained.wgsl?raw";
import { numDirections } from "../layers/direction.js";
import type { GruLayer } from "../layers/gru.js";
import type { ResidentShape } from "./gruResident.js";
import { stepBindings } from "./gruStep.js";
import { type KernelSpec, paddedSize } from "./kernelSpec.js";
import { stepSpec } from "./stepSpec.js";

/** How a chained kernel shares out its work: each workgroup makes workgroupSize / lanes units. */
export interface ChainedShape extends ResidentShape {
  /** How often an invocation looks for what another workgroup makes before it gives up. */
  readonly maxSpins: number;
}

/**
 * All steps of one reset-after layer, all directions, in one dispatch; several workgroups for each row and direction, which
 * wait for each other at every step. Nothing but the work of a submit bounds its steps: no software adapter takes it.
 */
export function gruChainedKernel(layer: GruLayer, stateSize: number, shape: ChainedShape): KernelSpec {
  const { workgroupSize, lanes, maxSpins } = shape;
  const bindings = [...stepBindings, "storage"] as const;
  const spec = stepSpec({ name: "gru_chained", source, bindings, numProducts: 3 }, layer, stateSize);
  return {
    ...spec,
    label: `${spec.label} ${workgroupSize}x${lanes}, ${maxSpins} spins`,
    constants: { ...spec.constants, WORKGROUP_SIZE: workgroupSize, LANES: lanes, MAX_SPINS: maxSpins },
    workgroups: (batchSize) => [numChainedGroups(layer, shape), batchSize, numDirections(layer)],
    maxStepsAtOnce: Infinity,
  };
}

/** Workgroups of each row and direction. */
export function numChainedGroups({ hiddenSize }: GruLayer, { workgroupSize, lanes }: ResidentShape): number {
  return Math.ceil((hiddenSize * lanes) / workgroupSize);
}

/** Bytes of workgroup memory that the kernel takes. */
export function chainedMemoryBytes({ hiddenSize }: GruLayer, { workgroupSize, lanes }: ResidentShape): number {
  // A vec3f takes as much as a vec4f; the flag may be padded to one.
  return 4 * paddedSize(hiddenSize) + 16 * (workgroupSize + lanes) + 16;
}
