import { paddedSize } from "../../kernels/kernelSpec.js";
import { MAX_STEPS, networkStepKernel } from "../../kernels/networkStep.js";
import { layerOutputSize } from "../../layers/index.js";
import { layerNamed, stateOf } from "../../model/network.js";
import type { BufferPlan } from "../plan.js";
import type { Alternative, Planner } from "../planner.js";
import { isForRows, isForSize } from "../tuning.js";

/** All layers in one dispatch of a few steps, a workgroup for each row, where the table and the device allow it. */
export function wholeNetwork(planner: Planner, input: BufferPlan): Alternative<void>[] {
  const { network, layout, request, numRowsAndSteps: size } = planner;
  const { program, operations } = layout;
  const { facts } = request.tuning;
  if (program === null) return [];
  if (program.shape.numValues * Float32Array.BYTES_PER_ELEMENT > facts.maxComputeWorkgroupStorageSize) return [];
  const rows = request.tuning
    .rowsFor(Math.max(0, ...stateOf(network).map((block) => block.size)))
    .filter(({ family }) => family.kernel === "network");
  return rows.map((row) => ({
    isForRows: isForRows(row, request.maxRows),
    isRight: !request.lastOnly && size[1] <= MAX_STEPS && isForSize(row, size),
    plan: () => {
      const name = network.outputs[0]!;
      const outputSize = layerOutputSize(layerNamed(network, name));
      const buffer = planner.sequence(`${name}.output`, paddedSize(outputSize));
      const { allWeights, allBiases, states } = layout;
      const buffers = [...planner.stepBuffers, operations!, input, allWeights, allBiases, states, buffer];
      const kernel = networkStepKernel(program.shape, row.family.workgroupSize!);
      planner.add({ type: "persistent", dispatches: [{ kernel, buffers }] });
      planner.values.set(name, { buffer, size: outputSize, isSequence: true });
    },
  }));
}
