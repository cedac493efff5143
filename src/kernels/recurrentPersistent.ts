import startResumed from "../../shaders/lib/start_resumed.wgsl?raw";
import startWhole from "../../shaders/lib/start_whole.wgsl?raw";
import source from "../../shaders/recurrent_persistent.wgsl?raw";
import { numDirections } from "../layers/direction.js";
import { type KernelSpec, paddedSize } from "./kernelSpec.js";
import { numGates, type RecurrentLayer, unitOf } from "./recurrentUnit.js";
import { projectedSpec } from "./stepSpec.js";

/** How a persistent kernel shares out its work. */
export interface PersistentTile {
  readonly workgroupSize: number;
  /** Invocations that share the products of a unit. */
  readonly lanes: number;
  /** Units that an invocation makes together, where a GRU's reset comes after; one when absent. */
  readonly units?: 1 | 4;
}

/**
 * Iterations of all loops of an invocation in one dispatch. Mesa's software driver ends every loop after 65,535 in all and
 * says nothing (25.0); other drivers are only kept from holding the GPU for long.
 */
const MAX_ITERATIONS = 60_000;

/** All steps of one layer, all directions, in one dispatch; a workgroup for each row and direction. Of a GRU with the reset after. */
export function recurrentPersistentKernel(layer: RecurrentLayer, stateSize: number, tile: PersistentTile): KernelSpec {
  const kernel = {
    name: "recurrent_persistent",
    source: source + startWhole + unitOf(layer).kept + unitOf(layer).sums,
    numProducts: numGates(layer),
  };
  return { ...shaped(projectedSpec(kernel, layer, stateSize), layer, tile), maxStepsAtOnce: maxSteps(layer, tile) };
}

/**
 * Goes on where workgroups of recurrent_cooperative waited in vain, with the bindings of that; does nothing where none did.
 * It counts as no work.
 */
export function recurrentResumedKernel(layer: RecurrentLayer, stateSize: number, tile: PersistentTile): KernelSpec {
  const kernel = {
    name: "recurrent_persistent",
    source: source + startResumed + unitOf(layer).kept + unitOf(layer).sums,
    numProducts: 0,
  };
  const spec = shaped(projectedSpec(kernel, layer, stateSize, "storage"), layer, tile);
  return { ...spec, label: `${spec.label} resumed`, maxStepsAtOnce: Infinity };
}

function shaped(
  spec: KernelSpec,
  layer: RecurrentLayer,
  { workgroupSize, lanes, units = 1 }: PersistentTile,
): KernelSpec {
  return {
    ...spec,
    label: [spec.label, `${workgroupSize}x${lanes}`, ...(units === 1 ? [] : [`${units} units`])].join(" "),
    constants: { ...spec.constants, WORKGROUP_SIZE: workgroupSize, LANES: lanes, UNITS: units },
    workgroups: (batchSize) => [batchSize, numDirections(layer), 1],
  };
}

/** Steps of a layer that a persistent kernel may make in one dispatch. */
export function maxSteps({ hiddenSize }: RecurrentLayer, { workgroupSize, lanes, units = 1 }: PersistentTile): number {
  const numParts = Math.ceil((Math.ceil(hiddenSize / units) * lanes) / workgroupSize);
  const numUnits = Math.ceil(hiddenSize / workgroupSize);
  const numVec4s = Math.ceil(paddedSize(hiddenSize) / 4 / lanes);
  const iterationsPerStep = 1 + 2 * (numParts * (units + numVec4s) + numUnits * (1 + lanes));
  return Math.max(1, Math.floor(MAX_ITERATIONS / iterationsPerStep));
}

/** Bytes of workgroup memory that the kernel takes. */
export function persistentMemoryBytes(layer: RecurrentLayer, { lanes }: PersistentTile): number {
  // A vec3f takes as much as a vec4f.
  const gateBytes = numGates(layer) === 1 ? 4 : 16;
  return paddedSize(layer.hiddenSize) * (4 * unitOf(layer).numKept + gateBytes * lanes);
}

/** The same for the kernel that goes on after recurrent_cooperative, which keeps there where it begins. */
export function resumedMemoryBytes(layer: RecurrentLayer, tile: PersistentTile): number {
  return persistentMemoryBytes(layer, tile) + 16;
}
