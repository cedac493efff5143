import logSoftmax from "../../shaders/lib/normalize_log_softmax.wgsl?raw";
import softmax from "../../shaders/lib/normalize_softmax.wgsl?raw";
import keepNan from "../../shaders/lib/keep_nan.wgsl?raw";
import reduce from "../../shaders/lib/reduce.wgsl?raw";
import source from "../../shaders/softmax.wgsl?raw";
import type { RowFunction } from "../layers/activation.js";
import type { KernelSpec } from "./kernelSpec.js";
import { rowSource } from "./rowSource.js";

const normalizations: Record<RowFunction, string> = { softmax, logSoftmax };

/** Softmax or its logarithm over each row. Bindings: params, logits, output. */
export function softmaxKernel(outputSize: number, activation: RowFunction): KernelSpec {
  return {
    label: `${activation} O=${outputSize}`,
    source: source + rowSource + keepNan + reduce + normalizations[activation],
    entryPoint: "softmax",
    constants: { WORKGROUP_SIZE: 64, OUTPUT_SIZE: outputSize },
    bindings: ["uniform", "read-only-storage", "storage"],
    workgroups: (numRows) => [numRows, 1, 1],
    flopPerRow: 4 * outputSize,
  };
}
