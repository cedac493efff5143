import stepSource from "../../shaders/gru_gates.wgsl?raw";
import gateActivations from "../../shaders/lib/gate_activations.wgsl?raw";
import type { GruLayer } from "../model/network.js";
import { type KernelSpec, numWorkgroups, WORKGROUP_SIZE } from "./kernelSpec.js";

/**
 * First half of a reset-before step of one layer. Bindings: params, projection, recurrentWeight, recurrentBias,
 * state, resetState, update.
 */
export function gruGatesKernel({ hiddenSize }: GruLayer): KernelSpec {
  return {
    label: `gru_gates H=${hiddenSize}`,
    source: stepSource + gateActivations,
    entryPoint: "gru_gates",
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
