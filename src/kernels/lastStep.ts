import padding from "../../shaders/lib/padding.wgsl?raw";
import source from "../../shaders/last_step.wgsl?raw";
import { type KernelSpec, numWorkgroups, WORKGROUP_SIZE } from "./kernelSpec.js";

/**
 * Each batch row's last step. Bindings: lengths, source, output.
 *
 * @param firstColumnAtStart columns from this one on are taken at the row's first step
 */
export function lastStepKernel(size: number, firstColumnAtStart: number): KernelSpec {
  return {
    label: `last_step S=${size} start from ${firstColumnAtStart}`,
    source: source + padding,
    entryPoint: "last_step",
    constants: { WORKGROUP_SIZE, SIZE: size, FIRST_COLUMN_AT_START: firstColumnAtStart },
    bindings: ["read-only-storage", "read-only-storage", "storage"],
    workgroups: (batchSize) => [numWorkgroups(size), batchSize, 1],
    flopPerRow: size,
  };
}
