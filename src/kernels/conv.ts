import source from "../../shaders/conv.wgsl?raw";
import activations from "../../shaders/lib/activations.wgsl?raw";
import sigmoidTanh from "../../shaders/lib/sigmoid_tanh.wgsl?raw";
import tile from "../../shaders/lib/tile.wgsl?raw";
import { describeActivation } from "../layers/activation.js";
import { axesOf } from "../layers/axis.js";
import { conv, type ConvLayer, windowLength } from "../layers/conv.js";
import type { KernelSpec } from "./kernelSpec.js";
import { rowSource } from "./rowSource.js";
import { functionIndex } from "./stepSpec.js";
import { weightSource } from "./weightStorage.js";
import { kernelWords, WINDOW_WORKGROUP_SIZE, windowConstants, windowSource } from "./window.js";

/** A convolution of each row along its inner axes. Bindings: params, input, weight, bias, output. */
export function convKernel(layer: ConvLayer): KernelSpec {
  const { inputShape, outputChannels, transposed, groups, activation, storage } = layer;
  const axes = axesOf(layer);
  const outputSize = conv.outputSize(layer);
  const word = transposed ? "conv transposed" : "conv";
  return {
    label: `${word} C=${inputShape[0]} O=${outputChannels} K=${kernelWords(axes)} ${describeActivation(activation)} ${storage}`,
    source: source + rowSource + windowSource(transposed) + weightSource[storage] + tile + activations + sigmoidTanh,
    entryPoint: "conv",
    constants: {
      WORKGROUP_SIZE: WINDOW_WORKGROUP_SIZE,
      ...windowConstants(axes),
      CHANNELS: inputShape[0]!,
      OUTPUT_CHANNELS: outputChannels,
      GROUPS: groups,
      FUNCTION: functionIndex(activation),
      ALPHA: activation.alpha,
      BETA: activation.beta,
    },
    bindings: ["uniform", "read-only-storage", "read-only-storage", "read-only-storage", "storage"],
    workgroups: (numRows) => [Math.ceil(outputSize / WINDOW_WORKGROUP_SIZE), numRows, 1],
    flopPerRow: 2 * outputSize * windowLength(layer),
  };
}
