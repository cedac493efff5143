import { gruWavefrontKernel, gruWavefrontNewKernel } from "../../kernels/gruWavefront.js";
import { paddedSize } from "../../kernels/kernelSpec.js";
import { resetsBefore } from "../../kernels/recurrentUnit.js";
import type { DispatchPlan } from "../plan.js";
import type { RecurrentFamily } from "./family.js";
import { outputOf, project } from "./projected.js";
import { stackFrom } from "./stack.js";

/** A stack of layers of one size together: each wavefront makes a step of every layer, one step behind the one before. */
export interface WavefrontShape {
  readonly kernel: "wavefront";
}

export const wavefront: RecurrentFamily<WavefrontShape> = {
  // The kernel reads the stack's operations in the program of the whole network: a layer that has none leaves the stack to
  // other families.
  fits: (layer, _, { network, layout }) =>
    layer.type === "gru" && layout.program !== null && stackFrom(network, layer).length > 1,

  fitsSize: (_, __, { numRowsAndSteps: [, numSteps] }) => numSteps > 1,

  plan(layer, _, inputs, planner) {
    const { network, layout, stepBuffers, request } = planner;
    const layers = stackFrom(network, layer);
    const firstOperation = layout.program!.indices.get(layer.name)!;
    const stack = { layers, firstOperation, stateSize: layout.stateSize };
    const projection = project(layer, inputs, planner);
    const last = layers.at(-1)!;
    const value = outputOf(last, planner);
    const weights = [layout.operations!, layout.allWeights, layout.allBiases, layout.states];
    const dispatches: DispatchPlan[] = [];
    const kernel = gruWavefrontKernel(stack);
    if (!resetsBefore(layer)) {
      dispatches.push({ kernel, buffers: [...stepBuffers, projection, ...weights, value.buffer] });
    } else {
      const gatedElements = 3 * layers.length * request.maxRows * paddedSize(layer.hiddenSize);
      const gated = planner.buffer(`${last.name}.gated`, gatedElements);
      dispatches.push({ kernel, buffers: [...stepBuffers, projection, ...weights, gated] });
      const second = gruWavefrontNewKernel(stack);
      dispatches.push({ kernel: second, buffers: [...stepBuffers, gated, ...weights, value.buffer] });
    }
    planner.add({ type: "wavefronts", dispatches, numLayers: layers.length });
    return { value, numLayers: layers.length };
  },
};
