import reduce from "../../shaders/lib/reduce.wgsl?raw";
import source from "../../shaders/norm.wgsl?raw";
import type { KernelSpec } from "./kernelSpec.js";
import { rowSource } from "./rowSource.js";

/** Layer normalisation of each row. Bindings: params, input, affine, output. */
export function normKernel(inputSize: number, epsilon: number): KernelSpec {
  return {
    label: `norm I=${inputSize}`,
    source: source + rowSource + reduce,
    entryPoint: "norm",
    constants: { WORKGROUP_SIZE: 64, INPUT_SIZE: inputSize, EPSILON: epsilon },
    bindings: ["uniform", "read-only-storage", "read-only-storage", "storage"],
    workgroups: (numRows) => [numRows, 1, 1],
    flopPerRow: 8 * inputSize,
  };
}
