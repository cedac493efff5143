import chunk from "../../shaders/lib/chunk.wgsl?raw";
import source from "../../shaders/last_state.wgsl?raw";
import { type KernelSpec, numWorkgroups, WORKGROUP_SIZE } from "./kernelSpec.js";
import { rowSource } from "./rowSource.js";

/** A block of a layer's state. */
export interface BlockPlace {
  readonly numDirections: number;
  /** Of each direction. */
  readonly size: number;
  /** First element in the layer's state on the device. */
  readonly start: number;
}

/** A block of each row's state after a chunk. Bindings: params, lengths, slots, state, output. */
export function lastStateKernel({ numDirections, size, start }: BlockPlace, stateSize: number): KernelSpec {
  const all = numDirections * size;
  return {
    label: `last_state S=${all} from ${start}`,
    source: source + rowSource + chunk,
    entryPoint: "last_state",
    constants: { WORKGROUP_SIZE, SIZE: all, PART_SIZE: size, START: start, STATE_SIZE: stateSize },
    bindings: ["uniform", "read-only-storage", "read-only-storage", "read-only-storage", "storage"],
    workgroups: (batchSize) => [numWorkgroups(all), batchSize, 1],
    flopPerRow: all,
  };
}
