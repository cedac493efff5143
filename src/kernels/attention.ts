import chunk from "../../shaders/lib/chunk.wgsl?raw";
import keepNan from "../../shaders/lib/keep_nan.wgsl?raw";
import source from "../../shaders/attention.wgsl?raw";
import type { AttentionLayer } from "../layers/attention.js";
import { type KernelSpec, numWorkgroups, WORKGROUP_SIZE } from "./kernelSpec.js";
import { rowSource } from "./rowSource.js";

/** Steps of a chunk, about, for the work of a submit. */
const STEPS = 64;

/** A weighted mean over a row's steps. Bindings: params, lengths, slots, source, state, output. */
export function attentionKernel({ valueSize, heads }: AttentionLayer, stateSize: number): KernelSpec {
  return {
    label: `attention V=${valueSize} heads=${heads}`,
    source: source + rowSource + chunk + keepNan,
    entryPoint: "attention",
    constants: { WORKGROUP_SIZE, VALUE_SIZE: valueSize, HEADS: heads, STATE_SIZE: stateSize },
    bindings: ["uniform", "read-only-storage", "read-only-storage", "read-only-storage", "storage", "storage"],
    workgroups: (batchSize) => [numWorkgroups(valueSize), batchSize, 1],
    flopPerRow: 8 * STEPS * valueSize,
  };
}
