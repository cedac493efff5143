// Apart from gruStep.ts, since not every page needs it.

import source from "../../shaders/gru_step.wgsl?raw";
import output from "../../shaders/lib/output.wgsl?raw";
import products from "../../shaders/lib/products_four.wgsl?raw";
import tile from "../../shaders/lib/recurrent_tile.wgsl?raw";
import { numDirections } from "../layers/direction.js";
import type { GruLayer } from "../layers/gru.js";
import { type KernelSpec, WORKGROUP_SIZE } from "./kernelSpec.js";
import { projectedSpec } from "./stepSpec.js";

/** What one invocation of gru_step makes. One of the two is 1. */
export interface StepShape {
  readonly units: 1 | 4;
  readonly rows: 1 | 4;
}

/** Invocations of four units each: two subgroups of a software adapter, so that few invocations still use all its cores. */
const FOUR_UNITS_WORKGROUP_SIZE = 8;

/** One reset-after step of one layer, all directions; an invocation makes four units of a row, or a unit of four rows. */
export function gruStepFourKernel(layer: GruLayer, stateSize: number, { units, rows }: StepShape): KernelSpec {
  const kernel = { name: "gru_step", source: source + products + tile + output, numProducts: 3 };
  const spec = projectedSpec(kernel, layer, stateSize);
  const workgroupSize = units === 1 ? WORKGROUP_SIZE : FOUR_UNITS_WORKGROUP_SIZE;
  const numGroups = Math.ceil(layer.hiddenSize / units / workgroupSize);
  return {
    ...spec,
    label: `${spec.label} ${units}x${rows}`,
    constants: { ...spec.constants, WORKGROUP_SIZE: workgroupSize, UNITS: units, ROWS: rows },
    workgroups: (batchSize) => [numGroups, Math.ceil(batchSize / rows), numDirections(layer)],
  };
}
