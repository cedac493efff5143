import source from "../../shaders/gru_gates.wgsl?raw";
import type { GruLayer } from "../layers/gru.js";
import type { KernelBinding, KernelSpec } from "./kernelSpec.js";
import { stepSpec } from "./stepSpec.js";

const bindings: readonly KernelBinding[] = [
  "uniform", // params
  "read-only-storage", // lengths
  "read-only-storage", // places
  "read-only-storage", // projection
  "read-only-storage", // recurrentWeight
  "read-only-storage", // recurrentBias
  "read-only-storage", // state
  "storage", // gated
];

/** First half of a reset-before step of one layer, all directions. */
export function gruGatesKernel(layer: GruLayer, stateSize: number): KernelSpec {
  return stepSpec({ name: "gru_gates", source, bindings, numProducts: 2 }, layer, stateSize);
}
