import source from "../../shaders/gru_registers.wgsl?raw";
import { numDirections } from "../layers/direction.js";
import type { GruLayer } from "../layers/gru.js";
import { stepBindings } from "./gruStep.js";
import { type KernelSpec, paddedSize } from "./kernelSpec.js";
import { stepSpec } from "./stepSpec.js";

/**
 * The most units: more columns take seconds to compile, and two units of so many are the 8192 bytes of private memory that
 * WGSL promises.
 */
export const MAX_REGISTER_UNITS = 256;

/** Up to so many units, an invocation makes one. Two share each read of the state, but take longer to compile. */
const MAX_LONE_UNITS = 64;

/** Mesa's software driver ends every loop after 65,535 iterations in all. */
const MAX_ITERATIONS = 60_000;

/** All steps of one small reset-after layer, all directions, in one dispatch; an invocation keeps the weights of its units. */
export function gruRegistersKernel(layer: GruLayer, stateSize: number): KernelSpec {
  const numUnits = layer.hiddenSize <= MAX_LONE_UNITS ? 1 : 2;
  const written = writeOut(layer.hiddenSize, numUnits);
  const kernel = { name: "gru_registers", source: written + source, bindings: stepBindings, numProducts: 3 };
  const spec = stepSpec(kernel, layer, stateSize);
  return {
    ...spec,
    constants: { ...spec.constants, WORKGROUP_SIZE: paddedSize(layer.hiddenSize) / numUnits },
    workgroups: (batchSize) => [batchSize, numDirections(layer), 1],
    maxStepsAtOnce: Math.floor(MAX_ITERATIONS / (2 + numUnits)), // of the steps, and of the units in each
  };
}

/**
 * WGSL that depends on how many columns there are, and how many units an invocation makes. Sums that are no variables spare
 * a software adapter their stores.
 */
function writeOut(hiddenSize: number, numUnits: number): string {
  const columns = paddedSize(hiddenSize);
  const units = Array.from({ length: numUnits }, (_, unit) => unit);
  const lines = units.map((unit) => `let sum_${unit}_0 = vec3f();`);
  for (let k = 0; k < hiddenSize; k++) {
    lines.push(`let h_${k} = h[${k}];`);
    const term = (unit: number) => `weights[${unit * columns + k}] * h_${k}`;
    lines.push(...units.map((unit) => `let sum_${unit}_${k + 1} = sum_${unit}_${k} + ${term(unit)};`));
  }
  lines.push(`return array<vec3f, UNITS>(${units.map((unit) => `sum_${unit}_${hiddenSize}`).join(", ")});`);
  const constants = `const COLUMNS = ${columns}u;\nconst UNITS = ${numUnits}u;\n`;
  return `${constants}fn products() -> array<vec3f, UNITS> {\n  ${lines.join("\n  ")}\n}\n`;
}
