import source from "../../shaders/concat.wgsl?raw";
import { type KernelSpec, numWorkgroups, WORKGROUP_SIZE } from "./kernelSpec.js";
import { rowSource } from "./rowSource.js";

/** One source of a concatenation -> its columns. Bindings: params, source, output. */
export function concatKernel(sourceSize: number, firstColumn: number, outputSize: number): KernelSpec {
  return {
    label: `concat S=${sourceSize} O=${outputSize} at ${firstColumn}`,
    source: source + rowSource,
    entryPoint: "concat",
    constants: { WORKGROUP_SIZE, SOURCE_SIZE: sourceSize, OUTPUT_SIZE: outputSize, FIRST_COLUMN: firstColumn },
    bindings: ["uniform", "read-only-storage", "storage"],
    workgroups: (numRows) => [numWorkgroups(sourceSize), numRows, 1],
    flopPerRow: sourceSize,
  };
}
