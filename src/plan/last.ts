import { paddedSize } from "../kernels/kernelSpec.js";
import { type BlockPlace, lastStateKernel } from "../kernels/lastState.js";
import { type Layer, stateBlocks } from "../layers/index.js";
import { endColumns, type LastLayer } from "../layers/last.js";
import { layerNamed } from "../model/network.js";
import type { LayerPlan } from "./layerPlan.js";
import type { Planner, Value } from "./planner.js";

export const lastPlan: LayerPlan<LastLayer> = {
  weights: () => ({}),

  plan(layer, inputs, planner) {
    if (layer.block !== null) return { value: stateAtEnd(layer, layer.block, planner) };
    const source = planner.gather(layer.name, inputs);
    return { value: planner.takeStep(`${layer.name}.output`, source, layer.inputSize, endColumns(layer)) };
  },
};

/** A block of the state that the layer before has after a row's steps. */
function stateAtEnd({ name, inputs, inputSize }: LastLayer, block: string, planner: Planner): Value {
  const { layout, network, request, stepBuffers } = planner;
  const keeper = layerNamed(network, inputs[0]!);
  const buffer = planner.buffer(`${name}.output`, request.maxRows * paddedSize(inputSize));
  const kernel = lastStateKernel(placeOf(keeper, block), layout.stateSize);
  planner.stages.push({
    type: "chunk",
    dispatch: { kernel, buffers: [...stepBuffers, layout.state(keeper), buffer] },
  });
  return { buffer, size: inputSize, isSequence: false };
}

function placeOf(keeper: Layer, name: string): BlockPlace {
  const blocks = stateBlocks(keeper);
  const at = blocks.findIndex((block) => block.name === name);
  const start = blocks.slice(0, at).reduce((sum, { numDirections, size }) => sum + numDirections * paddedSize(size), 0);
  return { ...blocks[at]!, start };
}
