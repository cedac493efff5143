import denseSource from "../../shaders/dense.wgsl?raw";
import linear from "../../shaders/lib/activate_linear.wgsl?raw";
import relu from "../../shaders/lib/activate_relu.wgsl?raw";
import sigmoid from "../../shaders/lib/activate_sigmoid.wgsl?raw";
import tanh from "../../shaders/lib/activate_tanh.wgsl?raw";
import gateActivations from "../../shaders/lib/gate_activations.wgsl?raw";
import { type KernelSpec, numWorkgroups, paddedSize, WORKGROUP_SIZE } from "./kernelSpec.js";

/** An activation that needs one element at a time; a softmax needs the row (softmax.ts). */
export type ElementActivation = "linear" | "relu" | "sigmoid" | "tanh";

const activations: Record<ElementActivation, string> = { linear, relu, sigmoid, tanh };

/** activation(W x + b), row by row. Bindings: input, weight, bias, output. */
export function denseKernel(inputSize: number, outputSize: number, activation: ElementActivation): KernelSpec {
  return {
    label: `dense I=${inputSize} O=${outputSize} ${activation}`,
    source: denseSource + activations[activation] + gateActivations,
    entryPoint: "dense",
    constants: { WORKGROUP_SIZE, INPUT_SIZE: inputSize, OUTPUT_SIZE: outputSize },
    bindings: ["read-only-storage", "read-only-storage", "read-only-storage", "storage"],
    workgroups: (numRows) => [numWorkgroups(paddedSize(outputSize) / 4), numRows, 1],
  };
}
