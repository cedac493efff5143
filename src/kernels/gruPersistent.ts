import source from "../../shaders/gru_persistent.wgsl?raw";
import { numDirections } from "../layers/direction.js";
import type { GruLayer } from "../layers/gru.js";
import { type KernelSpec, paddedSize } from "./kernelSpec.js";
import { maxSteps, type PersistentTile } from "./recurrentPersistent.js";
import { projectedSpec } from "./stepSpec.js";

/** All steps of one reset-before layer, all directions, in one dispatch; a workgroup for each row and direction. */
export function gruPersistentKernel(layer: GruLayer, stateSize: number, tile: PersistentTile): KernelSpec {
  const { workgroupSize, lanes } = tile;
  const spec = projectedSpec({ name: "gru_persistent", source, numProducts: 3 }, layer, stateSize);
  return {
    ...spec,
    label: `${spec.label} ${workgroupSize}x${lanes} reset before`,
    constants: { ...spec.constants, WORKGROUP_SIZE: workgroupSize, LANES: lanes },
    workgroups: (batchSize) => [batchSize, numDirections(layer), 1],
    maxStepsAtOnce: maxSteps(layer, tile),
  };
}

/** Bytes of workgroup memory that the kernel takes: h, r * h and z, and parts, of which each takes a vec4f. */
export function gruPersistentMemoryBytes({ hiddenSize }: GruLayer, { lanes }: PersistentTile): number {
  return paddedSize(hiddenSize) * (4 * 3 + 16 * lanes);
}
