import source from "../../shaders/gru_new.wgsl?raw";
import { type GruLayer, numDirections } from "../model/network.js";
import { gateParts } from "./gates.js";
import { type KernelSpec, numWorkgroups, WORKGROUP_SIZE } from "./kernelSpec.js";

/**
 * Second half of a reset-before step of one layer, all directions. Bindings: params, lengths, projection, gated,
 * recurrentWeight, recurrentBias, state, nextState, output.
 */
export function gruNewKernel(layer: GruLayer): KernelSpec {
  const { hiddenSize } = layer;
  const gates = gateParts(layer);
  return {
    label: `gru_new ${gates.label}`,
    source: source + gates.source,
    entryPoint: "gru_new",
    constants: { WORKGROUP_SIZE, ...gates.constants },
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
    workgroups: (batchSize) => [numWorkgroups(hiddenSize), batchSize, numDirections(layer)],
    flopPerRow: 2 * hiddenSize * hiddenSize * numDirections(layer),
  };
}
