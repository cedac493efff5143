import source from "../../shaders/recurrent_project.wgsl?raw";
import tile from "../../shaders/lib/tile.wgsl?raw";
import { numDirections } from "../layers/direction.js";
import { type KernelSpec, numWorkgroups, paddedSize, WORKGROUP_SIZE } from "./kernelSpec.js";
import { numGates, type RecurrentLayer } from "./recurrentUnit.js";
import { rowSource } from "./rowSource.js";
import { weightSource } from "./weightStorage.js";

/** Rows that one invocation makes together. */
export const PROJECT_TILE_ROWS = 8;

/** Input projection of all steps and directions at once. Bindings: params, input, weight, bias, projection. */
export function recurrentProjectKernel(layer: RecurrentLayer): KernelSpec {
  const { inputSize, hiddenSize, storage, type } = layer;
  const gates = numGates(layer);
  const gateRows = gates * hiddenSize * numDirections(layer);
  return {
    label: `${type}_project I=${inputSize} ${gates}HD=${gateRows} ${storage}`,
    source: source + rowSource + weightSource[storage] + tile,
    entryPoint: "recurrent_project",
    constants: { WORKGROUP_SIZE, INPUT_SIZE: inputSize, GATE_ROWS: gateRows },
    bindings: ["uniform", "read-only-storage", "read-only-storage", "read-only-storage", "storage"],
    workgroups: (numRows) => [numWorkgroups(paddedSize(gateRows) / 4), Math.ceil(numRows / PROJECT_TILE_ROWS), 1],
    flopPerRow: 2 * inputSize * gateRows,
  };
}
