import stepSource from "../../shaders/gru_step.wgsl?raw";
import gateActivations from "../../shaders/lib/gate_activations.wgsl?raw";
import type { GruLayer } from "../model/network.js";
import { type KernelSpec, numWorkgroups, WORKGROUP_SIZE } from "./kernelSpec.js";

/**
 * One reset-after step of one layer. Bindings: params, projection, recurrentWeight, recurrentBias, state,
 * nextState, output.
 */
export function gruStepKernel({ hiddenSize }: GruLayer): KernelSpec {
  return {
    label: `gru_step H=${hiddenSize}`,
    source: stepSource + gateActivations,
    entryPoint: "gru_step",
    constants: { WORKGROUP_SIZE, HIDDEN_SIZE: hiddenSize },
    bindings: [
      "uniform",
      "read-only-storage",
      "read-only-storage",
      "read-only-storage",
      "read-only-storage",
      "storage",
      "storage",
    ],
    workgroups: (batchSize) => [numWorkgroups(hiddenSize), batchSize, 1],
  };
}
