import reduce from "../../shaders/lib/reduce.wgsl?raw";
import source from "../../shaders/norm.wgsl?raw";
import type { NormLayer } from "../layers/norm.js";
import type { KernelSpec } from "./kernelSpec.js";
import { rowSource } from "./rowSource.js";

/** Normalisation of each group of each row. Bindings: params, input, affine, output. */
export function normKernel({ inputSize, epsilon, groups, center }: NormLayer): KernelSpec {
  const words = [...(groups === 1 ? [] : [`groups=${groups}`]), ...(center ? [] : ["about zero"])];
  return {
    label: ["norm", `I=${inputSize}`, ...words].join(" "),
    source: source + rowSource + reduce,
    entryPoint: "norm",
    constants: {
      WORKGROUP_SIZE: 64,
      INPUT_SIZE: inputSize,
      GROUP_SIZE: inputSize / groups,
      IS_CENTRED: Number(center),
      EPSILON: epsilon,
    },
    bindings: ["uniform", "read-only-storage", "read-only-storage", "storage"],
    workgroups: (numRows) => [numRows, groups, 1],
    flopPerRow: 8 * inputSize,
  };
}
