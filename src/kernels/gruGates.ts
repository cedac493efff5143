import source from "../../shaders/gru_gates.wgsl?raw";
import type { GruLayer } from "../layers/gru.js";
import type { KernelSpec } from "./kernelSpec.js";
import { projectedSpec } from "./stepSpec.js";

/** First half of a reset-before step of one layer, all directions. Binding 7 is `gated`. */
export function gruGatesKernel(layer: GruLayer, stateSize: number): KernelSpec {
  return projectedSpec({ name: "gru_gates", source, numProducts: 2 }, layer, stateSize);
}
