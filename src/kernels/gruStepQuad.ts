import source from "../../shaders/gru_step_quad.wgsl?raw";
import { numDirections } from "../layers/direction.js";
import type { GruLayer } from "../layers/gru.js";
import { stepBindings } from "./gruStep.js";
import { type KernelSpec, paddedSize } from "./kernelSpec.js";
import { stepSpec } from "./stepSpec.js";

/** Units that one invocation makes together. */
const QUAD_UNITS = 4;

/** Two of a software adapter's subgroups: fewer invocations than units are to spread over its cores. */
const WORKGROUP_SIZE = 8;

/** One reset-after step of one layer, all directions: a quad of the state is read once for four units. */
export function gruStepQuadKernel(layer: GruLayer, stateSize: number): KernelSpec {
  const kernel = { name: "gru_step_quad", source, bindings: stepBindings, numProducts: 3 };
  const spec = stepSpec(kernel, layer, stateSize);
  const numGroups = Math.ceil(paddedSize(layer.hiddenSize) / QUAD_UNITS / WORKGROUP_SIZE);
  return {
    ...spec,
    constants: { ...spec.constants, WORKGROUP_SIZE },
    workgroups: (batchSize) => [numGroups, batchSize, numDirections(layer)],
  };
}
