import source from "../../shaders/recurrent_step.wgsl?raw";
import makeFour from "../../shaders/lib/make_four.wgsl?raw";
import makeOne from "../../shaders/lib/make_one.wgsl?raw";
import output from "../../shaders/lib/output.wgsl?raw";
import { numDirections } from "../layers/direction.js";
import { type KernelSpec, WORKGROUP_SIZE } from "./kernelSpec.js";
import { numGates, type RecurrentLayer, unitOf } from "./recurrentUnit.js";
import { projectedSpec } from "./stepSpec.js";

/** Units x rows that one invocation makes: one, four units of a row, or a unit of four rows. */
export interface StepTile {
  readonly units: 1 | 4;
  readonly rows: 1 | 4;
}

/** Invocations of four units each: two subgroups of a software adapter, so that few invocations still use all its cores. */
const FOUR_UNITS_WORKGROUP_SIZE = 8;

/** One step of one layer, all directions; of a GRU with the reset after. */
export function recurrentStepKernel(layer: RecurrentLayer, stateSize: number, { units, rows }: StepTile): KernelSpec {
  const make = units * rows === 1 ? makeOne : makeFour + unitOf(layer).sums;
  const spec = projectedSpec(
    { name: "recurrent_step", source: source + make + output, numProducts: numGates(layer) },
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
