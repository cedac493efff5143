import activations from "../../shaders/lib/activations.wgsl?raw";
import chunk from "../../shaders/lib/chunk.wgsl?raw";
import layerPart from "../../shaders/lib/layer.wgsl?raw";
import output from "../../shaders/lib/output.wgsl?raw";
import sigmoidTanh from "../../shaders/lib/sigmoid_tanh.wgsl?raw";
import state from "../../shaders/lib/state.wgsl?raw";
import tile from "../../shaders/lib/tile.wgsl?raw";
import source from "../../shaders/rnn_step.wgsl?raw";
import { describeActivation } from "../layers/activation.js";
import { numDirections } from "../layers/direction.js";
import type { RnnLayer } from "../layers/rnn.js";
import { type KernelSpec, numWorkgroups } from "./kernelSpec.js";
import { rowSource } from "./rowSource.js";
import { functionIndex, layerConstants, PROJECTED_BINDINGS } from "./stepSpec.js";
import { weightSource } from "./weightStorage.js";

/** One step of one layer, all directions. */
export function rnnStepKernel(layer: RnnLayer, stateSize: number): KernelSpec {
  const { hiddenSize, direction, storage, activation } = layer;
  const directions = numDirections(layer);
  return {
    label: `rnn_step H=${hiddenSize} ${direction} ${describeActivation(activation)} ${storage}`,
    source: [
      source,
      rowSource,
      chunk,
      layerPart,
      state,
      output,
      tile,
      weightSource[storage],
      activations,
      sigmoidTanh,
    ].join(""),
    entryPoint: "rnn_step",
    constants: {
      ...layerConstants(layer, stateSize),
      FUNCTION: functionIndex(activation),
      ALPHA: activation.alpha,
      BETA: activation.beta,
    },
    bindings: PROJECTED_BINDINGS,
    workgroups: (batchSize) => [numWorkgroups(hiddenSize), batchSize, directions],
    flopPerRow: 2 * hiddenSize * hiddenSize * directions,
  };
}
