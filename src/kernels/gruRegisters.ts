import source from "../../shaders/gru_registers.wgsl?raw";
import { type GruLayer, numDirections } from "../model/network.js";
import { stepBindings } from "./gruStep.js";
import { type KernelSpec, paddedSize } from "./kernelSpec.js";
import { stepSpec } from "./stepSpec.js";

/** The most units: more columns take seconds to compile. */
export const MAX_REGISTER_UNITS = 256;

/** Columns of a statement: expressions may not be nested much deeper. */
const STATEMENT_COLUMNS = 16;

/** Mesa's software driver ends every loop after 65,535 iterations in all; a step is one. */
const MAX_STEPS_AT_ONCE = 60_000;

/** All steps of one small reset-after layer, all directions, in one dispatch; an invocation keeps the weights of a unit. */
export function gruRegistersKernel(layer: GruLayer, stateSize: number): KernelSpec {
  const written = writeOut(layer.hiddenSize);
  const kernel = { name: "gru_registers", source: written + source, bindings: stepBindings, numProducts: 3 };
  const spec = stepSpec(kernel, layer, stateSize);
  return {
    ...spec,
    constants: { ...spec.constants, WORKGROUP_SIZE: paddedSize(layer.hiddenSize) },
    workgroups: (batchSize) => [batchSize, numDirections(layer), 1],
    maxStepsAtOnce: MAX_STEPS_AT_ONCE,
  };
}

/** WGSL that depends on how many columns there are. Sums that are no variables spare a software adapter their stores. */
function writeOut(hiddenSize: number): string {
  const columns = Array.from({ length: hiddenSize }, (_, k) => `weights[${k}] * h[${k}]`);
  const sums = ["let sum_0 = vec3f();"];
  for (let k = 0; k < hiddenSize; k += STATEMENT_COLUMNS) {
    const terms = columns.slice(k, k + STATEMENT_COLUMNS).join(" + ");
    sums.push(`let sum_${sums.length} = sum_${sums.length - 1} + ${terms};`);
  }
  sums.push(`return sum_${sums.length - 1};`);
  return `const COLUMNS = ${paddedSize(hiddenSize)}u;\nfn products() -> vec3f {\n  ${sums.join("\n  ")}\n}\n`;
}
