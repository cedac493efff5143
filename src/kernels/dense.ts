import denseSource from "../../shaders/dense.wgsl?raw";
import tile from "../../shaders/lib/tile.wgsl?raw";
import { type Activation, describeActivation } from "../layers/activation.js";
import type { Storage } from "../layers/layerType.js";
import { activationSource } from "./activationSource.js";
import { type KernelSpec, numWorkgroups, paddedSize, WORKGROUP_SIZE } from "./kernelSpec.js";
import { rowSource } from "./rowSource.js";
import { functionIndex } from "./stepSpec.js";
import { weightSource } from "./weightStorage.js";

/**
 * activation(W x + b), row by row. Bindings: params, input, weight, bias, output.
 *
 * @param groups where there are more than one, each has whole vec4s of features and of outputs
 */
export function denseKernel(
  inputSize: number,
  outputSize: number,
  activation: Activation,
  storage: Storage,
  groups = 1,
): KernelSpec {
  const word = groups === 1 ? "" : ` groups=${groups}`;
  return {
    label: `dense I=${inputSize} O=${outputSize}${word} ${describeActivation(activation)} ${storage}`,
    source: denseSource + rowSource + weightSource[storage] + tile + activationSource,
    entryPoint: "dense",
    constants: {
      WORKGROUP_SIZE,
      INPUT_SIZE: inputSize,
      OUTPUT_SIZE: outputSize,
      GROUPS: groups,
      FUNCTION: functionIndex(activation),
      ALPHA: activation.alpha,
      BETA: activation.beta,
    },
    bindings: ["uniform", "read-only-storage", "read-only-storage", "read-only-storage", "storage"],
    workgroups: (numRows) => [numWorkgroups(paddedSize(outputSize) / 4), numRows, 1],
    flopPerRow: (2 * inputSize * outputSize) / groups,
  };
}
