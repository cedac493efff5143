import source from "../../shaders/gru_new.wgsl?raw";
import type { GruLayer } from "../layers/gru.js";
import type { KernelBinding, KernelSpec } from "./kernelSpec.js";
import { stepSpec } from "./stepSpec.js";

const bindings: readonly KernelBinding[] = [
  "uniform", // params
  "read-only-storage", // lengths
  "read-only-storage", // places
  "read-only-storage", // projection
  "read-only-storage", // gated
  "read-only-storage", // recurrentWeight
  "read-only-storage", // recurrentBias
  "storage", // state
  "storage", // output
];

/** Second half of a reset-before step of one layer, all directions. */
export function gruNewKernel(layer: GruLayer, stateSize: number): KernelSpec {
  return stepSpec({ name: "gru_new", source, bindings, numProducts: 1 }, layer, stateSize);
}
