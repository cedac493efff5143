import source from "../../shaders/rearrange.wgsl?raw";
import { type KernelSpec, numWorkgroups, WORKGROUP_SIZE } from "./kernelSpec.js";
import { rowSource } from "./rowSource.js";

/** The features of each row in another order. Bindings: params, input, indices, output. */
export function rearrangeKernel(inputSize: number, outputSize: number, fill: number): KernelSpec {
  return {
    label: `rearrange I=${inputSize} O=${outputSize} filled with ${fill}`,
    source: source + rowSource,
    entryPoint: "rearrange",
    constants: { WORKGROUP_SIZE, INPUT_SIZE: inputSize, OUTPUT_SIZE: outputSize, FILL: fill },
    bindings: ["uniform", "read-only-storage", "read-only-storage", "storage"],
    workgroups: (numRows) => [numWorkgroups(outputSize), numRows, 1],
    flopPerRow: outputSize,
  };
}
