import source from "../../shaders/gru_gates.wgsl?raw";
import { type GruLayer, numDirections } from "../model/network.js";
import { gateParts } from "./gates.js";
import { type KernelSpec, numWorkgroups, WORKGROUP_SIZE } from "./kernelSpec.js";

/**
 * First half of a reset-before step of one layer, all directions. Bindings: params, lengths, projection,
 * recurrentWeight, recurrentBias, state, gated.
 */
export function gruGatesKernel(layer: GruLayer): KernelSpec {
  const { hiddenSize } = layer;
  const gates = gateParts(layer);
  return {
    label: `gru_gates ${gates.label}`,
    source: source + gates.source,
    entryPoint: "gru_gates",
    constants: { WORKGROUP_SIZE, ...gates.constants },
    bindings: [
      "uniform",
      "read-only-storage",
      "read-only-storage",
      "read-only-storage",
      "read-only-storage",
      "read-only-storage",
      "storage",
    ],
    workgroups: (batchSize) => [numWorkgroups(hiddenSize), batchSize, numDirections(layer)],
    flopPerRow: 4 * hiddenSize * hiddenSize * numDirections(layer),
  };
}
