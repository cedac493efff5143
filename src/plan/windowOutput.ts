import { type KernelSpec, paddedSize } from "../kernels/kernelSpec.js";
import { type Layer, layerOutputSize, stateBlocks, timeOf } from "../layers/index.js";
import type { PlannedLayers } from "./layerPlan.js";
import type { BufferPlan } from "./plan.js";
import type { Planner, Value } from "./planner.js";

/**
 * Adds the output of a layer with windows along time, which may have other steps than the inputs, and the kernel that makes it.
 *
 * @param buffersOf the kernel's own buffers, of the gathered input and the output
 */
export function planWindowOutput(
  layer: Layer,
  inputs: readonly Value[],
  planner: Planner,
  kernel: KernelSpec,
  buffersOf: (input: BufferPlan, output: BufferPlan) => readonly BufferPlan[],
): PlannedLayers {
  const size = layerOutputSize(layer);
  const input = planner.gather(layer.name, inputs);
  const { isSequence } = inputs[0]!;
  const label = `${layer.name}.output`;
  const buffer = isSequence
    ? planner.sequence(label, paddedSize(size), planner.layout.sequences.get(layer.name))
    : planner.likeInputs(label, inputs, paddedSize(size));
  const value = { buffer, size, isSequence };
  planner.rows([value], kernel, [...buffersOf(input, buffer), ...rowBuffers(layer, planner)]);
  return { value };
}

/** Buffers that the kernel ends with. */
function rowBuffers(layer: Layer, { layout, lengths, slots }: Planner): readonly BufferPlan[] {
  if (timeOf(layer) === "frame") return [];
  if (stateBlocks(layer).length === 0) return [lengths];
  return [lengths, slots[layout.beats.indexOf("chunk")]!, layout.state(layer)];
}
