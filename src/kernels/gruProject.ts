import source from "../../shaders/gru_project.wgsl?raw";
import type { GruLayer } from "../model/network.js";
import { type KernelSpec, numWorkgroups, paddedSize, WORKGROUP_SIZE } from "./kernelSpec.js";

/** Rows that one invocation makes together. */
export const PROJECT_TILE_ROWS = 4;

/** Input projection of all steps at once. Bindings: input, weight, bias, projection. */
export function gruProjectKernel({ inputSize, hiddenSize }: GruLayer): KernelSpec {
  return {
    label: `gru_project I=${inputSize} H=${hiddenSize}`,
    source,
    entryPoint: "gru_project",
    constants: { WORKGROUP_SIZE, INPUT_SIZE: inputSize, HIDDEN_SIZE: hiddenSize },
    bindings: ["read-only-storage", "read-only-storage", "read-only-storage", "storage"],
    workgroups: (numRows) => [numWorkgroups(paddedSize(3 * hiddenSize) / 4), Math.ceil(numRows / PROJECT_TILE_ROWS), 1],
  };
}
