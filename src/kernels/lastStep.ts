import padding from "../../shaders/lib/padding.wgsl?raw";
import source from "../../shaders/last_step.wgsl?raw";
import { type KernelSpec, numWorkgroups, WORKGROUP_SIZE } from "./kernelSpec.js";

/** Where the columns of each part of a frame come from. */
export interface EndColumns {
  readonly partSize: number;
  /** Columns of a part from this one on are of the first step, columns before it of the last step. */
  readonly firstAtStart: number;
}

/** Each batch row's last step. Bindings: lengths, source, output. */
export function lastStepKernel(size: number, { partSize, firstAtStart }: EndColumns): KernelSpec {
  return {
    label: `last_step S=${size} start from ${firstAtStart} of ${partSize}`,
    source: source + padding,
    entryPoint: "last_step",
    constants: { WORKGROUP_SIZE, SIZE: size, PART_SIZE: partSize, FIRST_COLUMN_AT_START: firstAtStart },
    bindings: ["read-only-storage", "read-only-storage", "storage"],
    workgroups: (batchSize) => [numWorkgroups(size), batchSize, 1],
    flopPerRow: size,
  };
}
