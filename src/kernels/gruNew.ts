import stepSource from "../../shaders/gru_new.wgsl?raw";
import gateActivations from "../../shaders/lib/gate_activations.wgsl?raw";
import type { GruLayer } from "../model/network.js";
import { type KernelSpec, numWorkgroups, WORKGROUP_SIZE } from "./kernelSpec.js";

/**
 * Second half of a reset-before step of one layer. Bindings: params, projection, resetState, update,
 * recurrentWeight, recurrentBias, state, nextState, output.
 */
export function gruNewKernel({ hiddenSize }: GruLayer): KernelSpec {
  return {
    label: `gru_new H=${hiddenSize}`,
    source: stepSource + gateActivations,
    entryPoint: "gru_new",
    constants: { WORKGROUP_SIZE, HIDDEN_SIZE: hiddenSize },
    bindings: [
      "uniform",
      "read-only-storage",
      "read-only-storage",
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
