import source from "../../shaders/gru_step.wgsl?raw";
import output from "../../shaders/lib/output.wgsl?raw";
import productsFour from "../../shaders/lib/products_four.wgsl?raw";
import productsOne from "../../shaders/lib/products_one.wgsl?raw";
import recurrentTile from "../../shaders/lib/recurrent_tile.wgsl?raw";
import { numDirections } from "../layers/direction.js";
import type { GruLayer } from "../layers/gru.js";
import { type KernelSpec, WORKGROUP_SIZE } from "./kernelSpec.js";
import { projectedSpec } from "./stepSpec.js";

/** Units x rows that one invocation makes: one, four units of a row, or a unit of four rows. */
export interface StepTile {
  readonly units: 1 | 4;
  readonly rows: 1 | 4;
}

/** Invocations of four units each: two subgroups of a software adapter, so that few invocations still use all its cores. */
const FOUR_UNITS_WORKGROUP_SIZE = 8;

/** One reset-after step of one layer, all directions. */
export function gruStepKernel(layer: GruLayer, stateSize: number, { units, rows }: StepTile): KernelSpec {
  const products = units * rows === 1 ? productsOne : productsFour + recurrentTile;
  const spec = projectedSpec(
    { name: "gru_step", source: source + products + output, numProducts: 3 },
    layer,
    stateSize,
  );
  const workgroupSize = units === 1 ? WORKGROUP_SIZE : FOUR_UNITS_WORKGROUP_SIZE;
  const numGroups = Math.ceil(layer.hiddenSize / units / workgroupSize);
  return {
    ...spec,
    label: `${spec.label} ${units}x${rows}`,
    constants: { ...spec.constants, WORKGROUP_SIZE: workgroupSize, UNITS: units, ROWS: rows },
    workgroups: (batchSize) => [numGroups, Math.ceil(batchSize / rows), numDirections(layer)],
  };
}
