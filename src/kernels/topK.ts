import key from "../../shaders/lib/key.wgsl?raw";
import source from "../../shaders/top_k.wgsl?raw";
import type { KernelSpec } from "./kernelSpec.js";
import { rowSource } from "./rowSource.js";

/** From so many scores on, a row is worth the most invocations that every device has. */
const MANY_SCORES = 4096;

/** The k highest of each row. Bindings: params, scores, pairs. */
export function topKKernel(outputSize: number, topK: number): KernelSpec {
  const workgroupSize = outputSize < MANY_SCORES ? 64 : 256;
  return {
    label: `top_k O=${outputSize} K=${topK}`,
    source: source + rowSource + key,
    entryPoint: "top_k",
    constants: { WORKGROUP_SIZE: workgroupSize, OUTPUT_SIZE: outputSize, TOP_K: topK },
    bindings: ["uniform", "read-only-storage", "storage"],
    workgroups: (numRows) => [numRows, 1, 1],
    // A comparison for each score, then for each rank those of a tree and of a column.
    flopPerRow: outputSize + topK * (workgroupSize + outputSize / workgroupSize),
  };
}
