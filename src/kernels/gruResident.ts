import afterSource from "../../shaders/gru_resident.wgsl?raw";
import beforeSource from "../../shaders/gru_resident_before.wgsl?raw";
import startResumed from "../../shaders/lib/start_resumed.wgsl?raw";
import startWhole from "../../shaders/lib/start_whole.wgsl?raw";
import { numDirections } from "../layers/direction.js";
import type { GruLayer } from "../layers/gru.js";
import { stepBindings } from "./gruStep.js";
import type { KernelSpec } from "./kernelSpec.js";
import { paddedSize } from "./kernelSpec.js";
import { type StepKernel, stepSpec } from "./stepSpec.js";

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
  const [name, source] = resetAfter
    ? ["gru_resident", afterSource + startWhole]
    : ["gru_resident_before", beforeSource];
  const numParts = Math.ceil((hiddenSize * lanes) / workgroupSize);
  const numUnits = Math.ceil(hiddenSize / workgroupSize);
  const numQuads = Math.ceil(paddedSize(hiddenSize) / 4 / lanes);
  const iterationsPerStep = 1 + 2 * (numParts * (1 + numQuads) + numUnits * (1 + lanes));
  return {
    ...residentSpec({ name, source, bindings: stepBindings, numProducts: 3 }, layer, stateSize, shape),
    maxStepsAtOnce: Math.max(1, Math.floor(MAX_ITERATIONS / iterationsPerStep)),
  };
}

/**
 * What goes on where workgroups of gru_chained waited in vain, with the bindings of that; it does nothing where none did.
 * It counts as no work.
 */
export function gruResumedKernel(layer: GruLayer, stateSize: number, shape: ResidentShape): KernelSpec {
  const bindings = [...stepBindings, "storage"] as const;
  const kernel = { name: "gru_resident", source: afterSource + startResumed, bindings, numProducts: 0 };
  const spec = residentSpec(kernel, layer, stateSize, shape);
  return { ...spec, label: `${spec.label} resumed`, maxStepsAtOnce: Infinity };
}

function residentSpec(kernel: StepKernel, layer: GruLayer, stateSize: number, shape: ResidentShape): KernelSpec {
  const { workgroupSize, lanes } = shape;
  const spec = stepSpec(kernel, layer, stateSize);
  return {
    ...spec,
    label: `${spec.label} ${workgroupSize}x${lanes}`,
    constants: { ...spec.constants, WORKGROUP_SIZE: workgroupSize, LANES: lanes },
    workgroups: (batchSize) => [batchSize, numDirections(layer), 1],
  };
}

/** Bytes of workgroup memory that the kernel takes. */
export function residentMemoryBytes({ hiddenSize, resetAfter }: GruLayer, { lanes }: ResidentShape): number {
  // A vec3f takes as much as a vec4f.
  const perUnit = resetAfter ? 4 + 16 * lanes : 3 * 4 + 8 * lanes;
  return paddedSize(hiddenSize) * perUnit;
}

/** The same for what goes on after gru_chained, which keeps in it where. */
export function resumedMemoryBytes(layer: GruLayer, shape: ResidentShape): number {
  return residentMemoryBytes(layer, shape) + 16;
}
