import source from "../../shaders/map.wgsl?raw";
import { describeActivation } from "../layers/activation.js";
import { type MapLayer, OPERATIONS } from "../layers/map.js";
import { activationSource } from "./activationSource.js";
import { type KernelSpec, numWorkgroups, WORKGROUP_SIZE } from "./kernelSpec.js";
import { rowSource } from "./rowSource.js";
import { functionIndex } from "./stepSpec.js";

/** Where one side of a map's operation lies: elements from row to row, 0 where all rows have the same, and the first column. */
export interface MapSide {
  readonly stride: number;
  readonly first: number;
}

/** activation(operation(a, b) + bias), element by element. Bindings: params, a, b, bias, output. */
export function mapKernel({ outputSize, operation, activation }: MapLayer, a: MapSide, b: MapSide): KernelSpec {
  const sides = [a, b].map(({ stride, first }) => `${first} of ${stride}`).join(", ");
  return {
    label: `map ${operation} N=${outputSize} ${describeActivation(activation)} from ${sides}`,
    source: source + rowSource + activationSource,
    entryPoint: "map",
    constants: {
      WORKGROUP_SIZE,
      SIZE: outputSize,
      OPERATION: OPERATIONS.indexOf(operation),
      A_STRIDE: a.stride,
      A_FIRST: a.first,
      B_STRIDE: b.stride,
      B_FIRST: b.first,
      FUNCTION: functionIndex(activation),
      ALPHA: activation.alpha,
      BETA: activation.beta,
    },
    bindings: ["uniform", "read-only-storage", "read-only-storage", "read-only-storage", "storage"],
    workgroups: (numRows) => [numWorkgroups(outputSize), numRows, 1],
    flopPerRow: 2 * outputSize,
  };
}
