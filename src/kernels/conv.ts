import source from "../../shaders/conv.wgsl?raw";
import tile from "../../shaders/lib/tile.wgsl?raw";
import { describeActivation } from "../layers/activation.js";
import { axesOf } from "../layers/axis.js";
import { conv, type ConvLayer, windowLength } from "../layers/conv.js";
import { activationSource } from "./activationSource.js";
import type { KernelSpec } from "./kernelSpec.js";
import { rowSource } from "./rowSource.js";
import { functionIndex } from "./stepSpec.js";
import { weightSource } from "./weightStorage.js";
import { frameSpec, kernelWords, WINDOW_WORKGROUP_SIZE, windowConstants, windowSource } from "./window.js";

/**
 * A convolution of each row. Bindings: params, input, weight, bias, output; with windows along time lengths, and with
 * a past slots and state.
 *
 * @param stateSize elements of one state of all layers
 */
export function convKernel(layer: ConvLayer, stateSize: number): KernelSpec {
  const { inputShape, outputChannels, transposed, groups, activation, storage } = layer;
  const frames = frameSpec(layer, stateSize, 5);
  const axes = axesOf(layer);
  const outputSize = conv.outputSize(layer);
  const word = transposed ? "conv transposed" : "conv";
  return {
    label: `${word} C=${inputShape[0]} O=${outputChannels} K=${kernelWords(axes, layer)} ${describeActivation(activation)} ${storage}`,
    source: [
      source,
      rowSource,
      frames.source,
      windowSource(transposed),
      weightSource[storage],
      tile,
      activationSource,
    ].join(""),
    entryPoint: "conv",
    constants: {
      WORKGROUP_SIZE: WINDOW_WORKGROUP_SIZE,
      ...windowConstants(axes),
      ...frames.constants,
      CHANNELS: inputShape[0]!,
      OUTPUT_CHANNELS: outputChannels,
      GROUPS: groups,
      FUNCTION: functionIndex(activation),
      ALPHA: activation.alpha,
      BETA: activation.beta,
    },
    bindings: ["uniform", "read-only-storage", "read-only-storage", "read-only-storage", "storage", ...frames.bindings],
    workgroups: (numRows) => [Math.ceil(outputSize / WINDOW_WORKGROUP_SIZE), numRows, 1],
    flopPerRow: 2 * outputSize * windowLength(layer),
  };
}
