import source from "../../shaders/gru_step.wgsl?raw";
import { type GruLayer, numDirections } from "../model/network.js";
import { gateParts } from "./gates.js";
import { type KernelSpec, numWorkgroups, WORKGROUP_SIZE } from "./kernelSpec.js";

/**
 * One reset-after step of one layer, all directions. Bindings: params, lengths, projection, recurrentWeight,
 * recurrentBias, state, nextState, output.
 */
export function gruStepKernel(layer: GruLayer): KernelSpec {
  const { hiddenSize } = layer;
  const gates = gateParts(layer);
  return {
    label: `gru_step ${gates.label}`,
    source: source + gates.source,
    entryPoint: "gru_step",
    constants: { WORKGROUP_SIZE, ...gates.constants },
    bindings: [
      "uniform",
      "read-only-storage",
      "read-only-storage",
      "read-only-storage",
      "read-only-storage",
      "read-only-storage",
      "storage",
      "storage",
    ],
    workgroups: (batchSize) => [numWorkgroups(hiddenSize), batchSize, numDirections(layer)],
    flopPerRow: 6 * hiddenSize * hiddenSize * numDirections(layer),
  };
}
