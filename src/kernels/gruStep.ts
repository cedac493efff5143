import source from "../../shaders/gru_step.wgsl?raw";
import output from "../../shaders/lib/output.wgsl?raw";
import products from "../../shaders/lib/products_one.wgsl?raw";
import type { GruLayer } from "../layers/gru.js";
import type { KernelSpec } from "./kernelSpec.js";
import { projectedSpec } from "./stepSpec.js";

/** One reset-after step of one layer, all directions; an invocation makes one unit of one row. */
export function gruStepKernel(layer: GruLayer, stateSize: number): KernelSpec {
  const spec = projectedSpec(
    { name: "gru_step", source: source + products + output, numProducts: 3 },
    layer,
    stateSize,
  );
  return { ...spec, constants: { ...spec.constants, UNITS: 1, ROWS: 1 } };
}
