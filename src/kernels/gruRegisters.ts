import source from "../../shaders/gru_registers.wgsl?raw";
import { type GruLayer, numDirections } from "../model/network.js";
import { stepBindings } from "./gruStep.js";
import { type KernelSpec, paddedSize } from "./kernelSpec.js";
import { stepSpec } from "./stepSpec.js";

/** The most units, as many as the shader has columns written out for. */
export const MAX_REGISTER_UNITS = 256;

/** Columns of a part, as the shader has them written out. */
const PART_SIZE = 16;

/** Mesa's software driver ends every loop after 65,535 iterations in all; a step is one. */
const MAX_STEPS_AT_ONCE = 60_000;

/** All steps of one small reset-after layer, all directions, in one dispatch; an invocation keeps the weights of a unit. */
export function gruRegistersKernel(layer: GruLayer, stateSize: number): KernelSpec {
  const parts = `const PARTS = ${Math.ceil(layer.hiddenSize / PART_SIZE)}u; `;
  const kernel = { name: "gru_registers", source: parts + source, bindings: stepBindings, numProducts: 3 };
  const spec = stepSpec(kernel, layer, stateSize);
  return {
    ...spec,
    constants: { ...spec.constants, WORKGROUP_SIZE: paddedSize(layer.hiddenSize) },
    workgroups: (batchSize) => [batchSize, numDirections(layer), 1],
    maxStepsAtOnce: MAX_STEPS_AT_ONCE,
  };
}
