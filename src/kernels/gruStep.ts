import source from "../../shaders/gru_step.wgsl?raw";
import type { GruLayer } from "../layers/gru.js";
import type { KernelBinding, KernelSpec } from "./kernelSpec.js";
import { stepSpec } from "./stepSpec.js";

/** Of every kernel that advances a layer from its projection. */
export const stepBindings: readonly KernelBinding[] = [
  "uniform", // params
  "read-only-storage", // lengths
  "read-only-storage", // places
  "read-only-storage", // projection
  "read-only-storage", // recurrentWeight
  "read-only-storage", // recurrentBias
  "storage", // state
  "storage", // output
];

/** One reset-after step of one layer, all directions. */
export function gruStepKernel(layer: GruLayer, stateSize: number): KernelSpec {
  return stepSpec({ name: "gru_step", source, bindings: stepBindings, numProducts: 3 }, layer, stateSize);
}
