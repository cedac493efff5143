import source from "../../shaders/gru_new.wgsl?raw";
import output from "../../shaders/lib/output.wgsl?raw";
import type { GruLayer } from "../layers/gru.js";
import type { KernelSpec } from "./kernelSpec.js";
import { projectedSpec } from "./stepSpec.js";

/** Second half of a reset-before step of one layer, all directions. Binding 8 is `gated`. */
export function gruNewKernel(layer: GruLayer, stateSize: number): KernelSpec {
  return projectedSpec(
    { name: "gru_new", source: source + output, numProducts: 1 },
    layer,
    stateSize,
    "read-only-storage",
  );
}
