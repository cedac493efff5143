import readSource from "../../shaders/carry_read.wgsl?raw";
import writeSource from "../../shaders/carry_write.wgsl?raw";
import chunk from "../../shaders/lib/chunk.wgsl?raw";
import { type KernelSpec, numWorkgroups, WORKGROUP_SIZE } from "./kernelSpec.js";
import { rowSource } from "./rowSource.js";

/** A carried state as a step's output. Bindings: params, lengths, slots, state, output. */
export function carryReadKernel(size: number, stateSize: number): KernelSpec {
  return spec("carry_read", readSource, size, stateSize);
}

/** A step's output as the next step's carried state. Bindings: params, lengths, slots, output, state. */
export function carryWriteKernel(size: number, stateSize: number): KernelSpec {
  return spec("carry_write", writeSource, size, stateSize);
}

function spec(name: string, source: string, size: number, stateSize: number): KernelSpec {
  return {
    label: `${name} S=${size}`,
    source: source + rowSource + chunk,
    entryPoint: name,
    constants: { WORKGROUP_SIZE, SIZE: size, STATE_SIZE: stateSize },
    bindings: ["uniform", "read-only-storage", "read-only-storage", "read-only-storage", "storage"],
    workgroups: (batchSize) => [numWorkgroups(size), batchSize, 1],
    flopPerRow: size,
  };
}
