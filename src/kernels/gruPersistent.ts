import source from "../../shaders/gru_persistent.wgsl?raw";
import recurrentTile from "../../shaders/lib/recurrent_tile.wgsl?raw";
import startResumed from "../../shaders/lib/start_resumed.wgsl?raw";
import startWhole from "../../shaders/lib/start_whole.wgsl?raw";
import { numDirections } from "../layers/direction.js";
import type { GruLayer } from "../layers/gru.js";
import { type KernelSpec, paddedSize } from "./kernelSpec.js";
import { projectedSpec } from "./stepSpec.js";

/** How a persistent kernel shares out its work. */
export interface PersistentTile {
  readonly workgroupSize: number;
  /** Invocations that share the products of a unit. */
  readonly lanes: number;
  /** Units that an invocation makes together, for reset-after alone; one when absent. */
  readonly units?: 1 | 4;
}

/**
 * Iterations of all loops of an invocation in one dispatch. Mesa's software driver ends every loop after 65,535 in all and
 * says nothing (25.0); other drivers are only kept from holding the GPU for long.
 */
const MAX_ITERATIONS = 60_000;

/** All steps of one layer, all directions, in one dispatch; a workgroup for each row and direction. */
export function gruPersistentKernel(layer: GruLayer, stateSize: number, tile: PersistentTile): KernelSpec {
  const { workgroupSize, lanes, units = 1 } = tile;
  const { hiddenSize } = layer;
  const numParts = Math.ceil((Math.ceil(hiddenSize / units) * lanes) / workgroupSize);
  const numUnits = Math.ceil(hiddenSize / workgroupSize);
  const numVec4s = Math.ceil(paddedSize(hiddenSize) / 4 / lanes);
  const iterationsPerStep = 1 + 2 * (numParts * (units + numVec4s) + numUnits * (1 + lanes));
  const kernel = { name: "gru_persistent", source: source + startWhole + recurrentTile, numProducts: 3 };
  return {
    ...shaped(projectedSpec(kernel, layer, stateSize), layer, tile),
    maxStepsAtOnce: Math.max(1, Math.floor(MAX_ITERATIONS / iterationsPerStep)),
  };
}

/**
 * Goes on where workgroups of gru_cooperative waited in vain, with the bindings of that; does nothing where none did. It
 * counts as no work.
 */
export function gruResumedKernel(layer: GruLayer, stateSize: number, tile: PersistentTile): KernelSpec {
  const kernel = { name: "gru_persistent", source: source + startResumed + recurrentTile, numProducts: 0 };
  const spec = shaped(projectedSpec(kernel, layer, stateSize, "storage"), layer, tile);
  return { ...spec, label: `${spec.label} resumed`, maxStepsAtOnce: Infinity };
}

function shaped(spec: KernelSpec, layer: GruLayer, { workgroupSize, lanes, units = 1 }: PersistentTile): KernelSpec {
  const { resetAfter } = layer;
  return {
    ...spec,
    label: [
      spec.label,
      `${workgroupSize}x${lanes}`,
      ...(units === 1 ? [] : [`${units} units`]),
      ...(resetAfter ? [] : ["reset before"]),
    ].join(" "),
    constants: {
      ...spec.constants,
      WORKGROUP_SIZE: workgroupSize,
      LANES: lanes,
      UNITS: units,
      RESET_AFTER: Number(resetAfter),
    },
    workgroups: (batchSize) => [batchSize, numDirections(layer), 1],
  };
}

/** Bytes of workgroup memory that the kernel takes. */
export function persistentMemoryBytes({ hiddenSize, resetAfter }: GruLayer, { lanes }: PersistentTile): number {
  // A vec3f takes as much as a vec4f; arrays of one element are padded to one.
  const numArrays = resetAfter ? 1 : 3;
  return paddedSize(hiddenSize) * (4 * numArrays + 16 * lanes) + 16 * (3 - numArrays);
}

/** The same for the kernel that goes on after gru_cooperative, which keeps there where it begins. */
export function resumedMemoryBytes(layer: GruLayer, tile: PersistentTile): number {
  return persistentMemoryBytes(layer, tile) + 16;
}
