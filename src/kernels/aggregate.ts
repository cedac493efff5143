import chunk from "../../shaders/lib/chunk.wgsl?raw";
import keepNan from "../../shaders/lib/keep_nan.wgsl?raw";
import source from "../../shaders/aggregate.wgsl?raw";
import { type AggregateLayer, AGGREGATES } from "../layers/aggregate.js";
import { type KernelSpec, numWorkgroups, WORKGROUP_SIZE } from "./kernelSpec.js";
import { rowSource } from "./rowSource.js";

/** Steps of a chunk, about, for the work of a submit. */
const STEPS = 64;

/** Each column over a row's steps. Bindings: params, lengths, slots, source, state, output. */
export function aggregateKernel({ inputSize, operation }: AggregateLayer, stateSize: number): KernelSpec {
  return {
    label: `aggregate ${operation} S=${inputSize}`,
    source: source + rowSource + chunk + keepNan,
    entryPoint: "aggregate",
    constants: { WORKGROUP_SIZE, SIZE: inputSize, OPERATION: AGGREGATES.indexOf(operation), STATE_SIZE: stateSize },
    bindings: ["uniform", "read-only-storage", "read-only-storage", "read-only-storage", "storage", "storage"],
    workgroups: (batchSize) => [numWorkgroups(inputSize), batchSize, 1],
    flopPerRow: 2 * STEPS * inputSize,
  };
}
