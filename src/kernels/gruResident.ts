import afterSource from "../../shaders/gru_resident.wgsl?raw";
import beforeSource from "../../shaders/gru_resident_before.wgsl?raw";
import { type GruLayer, numDirections } from "../model/network.js";
import { stepBindings } from "./gruStep.js";
import type { KernelSpec } from "./kernelSpec.js";
import { paddedSize } from "./kernelSpec.js";
import { stepSpec } from "./stepSpec.js";

/** How a resident kernel shares out its work. */
export interface ResidentShape {
  readonly workgroupSize: number;
  /** Invocations that share the products of a unit. */
  readonly lanes: number;
}

/**
 * Iterations of all loops of an invocation, of a walk through time. Mesa's software driver ends every loop after 65,535
 * in all and says nothing (25.0); the others are only kept from holding the GPU for long.
 */
const MAX_ITERATIONS = 60_000;

/** All steps of one layer, all directions, in one dispatch; a workgroup for each row and direction. */
export function gruResidentKernel(layer: GruLayer, stateSize: number, shape: ResidentShape): KernelSpec {
  const { workgroupSize, lanes } = shape;
  const { hiddenSize, resetAfter } = layer;
  const [name, source] = resetAfter ? ["gru_resident", afterSource] : ["gru_resident_before", beforeSource];
  const spec = stepSpec({ name, source, bindings: stepBindings, numProducts: 3 }, layer, stateSize);
  const numParts = Math.ceil((hiddenSize * lanes) / workgroupSize);
  const numUnits = Math.ceil(hiddenSize / workgroupSize);
  const numQuads = Math.ceil(paddedSize(hiddenSize) / 4 / lanes);
  const iterationsPerStep = 1 + 2 * (numParts * (1 + numQuads) + numUnits * (1 + lanes));
  return {
    ...spec,
    label: `${spec.label} ${workgroupSize}x${lanes}`,
    constants: { ...spec.constants, WORKGROUP_SIZE: workgroupSize, LANES: lanes },
    workgroups: (batchSize) => [batchSize, numDirections(layer), 1],
    maxStepsAtOnce: Math.max(1, Math.floor(MAX_ITERATIONS / iterationsPerStep)),
  };
}

/** Bytes of workgroup memory that the kernel takes. */
export function residentMemoryBytes({ hiddenSize, resetAfter }: GruLayer, { lanes }: ResidentShape): number {
  // A vec3f takes as much as a vec4f.
  const perUnit = resetAfter ? 4 + 16 * lanes : 3 * 4 + 8 * lanes;
  return paddedSize(hiddenSize) * perUnit;
}
