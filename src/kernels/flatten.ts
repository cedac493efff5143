import padding from "../../shaders/lib/padding.wgsl?raw";
import source from "../../shaders/flatten.wgsl?raw";
import type { FlattenLayer } from "../layers/flatten.js";
import { type KernelSpec, numWorkgroups, WORKGROUP_SIZE } from "./kernelSpec.js";

/** A row's steps one after the other. Bindings: source, output. */
export function flattenKernel({ inputSize, sequenceLength }: FlattenLayer): KernelSpec {
  const size = inputSize * sequenceLength;
  return {
    label: `flatten S=${inputSize} T=${sequenceLength}`,
    source: source + padding,
    entryPoint: "flatten",
    constants: { WORKGROUP_SIZE, SIZE: inputSize, SEQUENCE_LENGTH: sequenceLength },
    bindings: ["read-only-storage", "storage"],
    workgroups: (batchSize) => [numWorkgroups(size), batchSize, 1],
    flopPerRow: size,
  };
}
