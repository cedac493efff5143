import likeliest from "../../shaders/lib/likeliest.wgsl?raw";
import random from "../../shaders/lib/random.wgsl?raw";
import reduce from "../../shaders/lib/reduce.wgsl?raw";
import sums from "../../shaders/lib/sums.wgsl?raw";
import logit from "../../shaders/lib/ratio_logit.wgsl?raw";
import probability from "../../shaders/lib/ratio_probability.wgsl?raw";
import source from "../../shaders/sample.wgsl?raw";
import type { KernelSpec } from "./kernelSpec.js";
import { rowSource } from "./rowSource.js";

/** From so many scores on, a row is worth the most invocations that every device has. */
const MANY_SCORES = 4096;

/**
 * Draws a token for each row, and gives it to the next step. Bindings: params, sampling, scores, index.
 *
 * @param areProbabilities whether the scores are probabilities or their logarithms
 */
export function sampleKernel(outputSize: number, areProbabilities: boolean): KernelSpec {
  return {
    label: `sample O=${outputSize} ${areProbabilities ? "probabilities" : "logits"}`,
    source: source + rowSource + likeliest + reduce + sums + random + (areProbabilities ? probability : logit),
    entryPoint: "sample",
    constants: { WORKGROUP_SIZE: outputSize < MANY_SCORES ? 64 : 256, OUTPUT_SIZE: outputSize },
    bindings: ["uniform", "read-only-storage", "read-only-storage", "storage"],
    workgroups: (numRows) => [numRows, 1, 1],
    // Comparisons in the search for the k-th largest, bit by bit, and sums of weights in that for the top p.
    flopPerRow: 80 * outputSize,
  };
}
