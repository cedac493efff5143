// Twin cases of convolutions along a frame's inner axes and along time.

import type { ConvSpec } from "../../src/layers/conv.js";
import { defineNetwork } from "../../src/model/defineNetwork.js";
import type { Network } from "../../src/model/network.js";
import { withStorage } from "../../src/model/quantize.js";
import { randomArray, randomDense, randomGru, uniform } from "./random.js";
import type { TwinCase } from "./twinCase.js";

/** A shape without its type, name and tensors. */
export type ConvShape = Omit<ConvSpec, "type" | "name" | "weight">;

/** Weights and biases that differ everywhere, and keep results near 1. */
export function randomConv(name: string, inputs: string[], shape: ConvShape, next: () => number): ConvSpec {
  const { inputShape, outputChannels, groups = 1, timeKernelSize = 1, kernelSize = [] } = shape;
  const length = kernelSize.reduce((product, each) => product * each, (inputShape[0]! / groups) * timeKernelSize);
  const scale = 1 / Math.sqrt(length);
  const weight = randomArray(outputChannels * length, next, scale);
  return { type: "conv", name, inputs, bias: randomArray(outputChannels, next, scale), ...shape, weight };
}

/** Of each form one: a past of several frames, of one, of a single channel's, transposed. */
function pastNetwork(seed: number): Network {
  const next = uniform(seed);
  const first = { inputShape: [2, 3, 5], outputChannels: 3, kernelSize: [2, 3], timeKernelSize: 3, timeDilation: 2 };
  const second = { inputShape: [3, 2, 3], outputChannels: 4, kernelSize: [1, 2], timeKernelSize: 2, transposed: true };
  const third = { inputShape: [4, 2, 4], outputChannels: 4, groups: 4, kernelSize: [2, 3], timeKernelSize: 3 };
  return defineNetwork({
    layers: [
      randomConv("first", ["input"], { ...first, activation: "tanh" }, next),
      randomConv("second", ["first"], second, next),
      randomConv("third", ["second"], third, next),
    ],
    outputs: ["third", "first"],
  });
}

/** Strides of 2 and 3, with and without a past; states at each of the three numbers of steps. */
function strideNetwork(): Network {
  const next = uniform(941);
  const first = { inputShape: [2, 3], outputChannels: 3, timeKernelSize: 3, timeStride: 2, kernelSize: [2] };
  const second = {
    inputShape: [9],
    outputChannels: 5,
    timeKernelSize: 2,
    timeStride: 3,
    timePadding: "valid",
  } as const;
  const third = { inputShape: [5], outputChannels: 4, timeKernelSize: 4, timeStride: 2, timePadding: [2, 0] } as const;
  return defineNetwork({
    layers: [
      randomGru("before", ["input"], { inputSize: 6, hiddenSize: 4 }, next),
      randomConv("first", ["input"], { ...first, activation: "tanh" }, next),
      randomGru("gru", ["first"], { inputSize: 6, hiddenSize: 3 }, next),
      randomConv("second", ["gru", "first"], second, next),
      randomGru("slow", ["second"], { inputSize: 5, hiddenSize: 3, resetAfter: false }, next),
      randomConv("third", ["second"], third, next),
    ],
    outputs: ["third", "slow", "gru", "before"],
  });
}

/** Frames of features alone, pooled and convolved along time; an axis of one element with a zero beside it. */
function flatNetwork(): Network {
  const next = uniform(943);
  const windows = { inputShape: [7], timeKernelSize: 3, timePadding: "same" } as const;
  const beside = { inputShape: [7, 1], outputChannels: 2, kernelSize: [1], padding: [1, 0] };
  return defineNetwork({
    layers: [
      { type: "pool", name: "max", inputs: ["input"], operation: "max", ...windows },
      { type: "pool", name: "mean", inputs: ["input"], operation: "average", ...windows },
      randomConv("conv", ["max"], { ...windows, outputChannels: 5, timeDilation: 2 }, next),
      randomConv("groups", ["mean"], { inputShape: [7, 1], outputChannels: 14, groups: 7, kernelSize: [1] }, next),
      randomConv("beside", ["max"], beside, next),
    ],
    outputs: ["conv", "mean", "groups", "beside"],
  });
}

export const convCases: readonly TwinCase[] = [
  {
    id: "conv-flat",
    name: "convolutions and pools along time of features alone, more steps than go together",
    batchSize: 3,
    sequenceLength: 70,
    network: flatNetwork,
  },
  {
    id: "conv",
    name: "convolutions of one axis before a layer with a state",
    batchSize: 3,
    sequenceLength: 11,
    network: () => {
      const next = uniform(930);
      const shape = { outputChannels: 9, kernelSize: [5], stride: [2], padding: [2, 1], activation: "relu" } as const;
      const first = randomConv("first", ["input"], { inputShape: [2, 13], ...shape }, next);
      const second = { inputShape: [9, 6], outputChannels: 6, kernelSize: [2], dilation: [3], groups: 3 } as const;
      const gru = randomGru("gru", ["second"], { inputSize: 18, hiddenSize: 7 }, next);
      return defineNetwork({ layers: [first, randomConv("second", ["first"], second, next), gru] });
    },
  },
  {
    id: "conv-2d",
    name: "convolutions of two axes, of two layers side by side, more outputs than a workgroup",
    batchSize: 2,
    sequenceLength: 5,
    network: () => {
      const next = uniform(931);
      const first = randomConv(
        "first",
        ["input"],
        { inputShape: [2, 4, 9], outputChannels: 4, kernelSize: [3, 2], padding: [0, 2, 1, 1], dilation: [2, 1] },
        next,
      );
      const beside = randomDense("beside", ["input"], [72, 10], "tanh", next);
      const second = randomConv(
        "second",
        ["first", "beside"],
        { inputShape: [9, 2, 5], outputChannels: 7, kernelSize: [2, 3], stride: [2, 1], padding: [1, 1, 2, 3] },
        next,
      );
      return defineNetwork({ layers: [first, beside, second] });
    },
  },
  {
    id: "conv-transposed",
    name: "transposed convolutions, lengths",
    batchSize: 3,
    sequenceLength: 4,
    lengths: [4, 0, 2],
    network: () => {
      const next = uniform(932);
      const first = {
        inputShape: [6, 5],
        outputChannels: 4,
        kernelSize: [4],
        stride: [3],
        padding: [1, 2],
        outputPadding: [1],
        groups: 2,
        transposed: true,
      } as const;
      const second = {
        inputShape: [4, 2, 7],
        outputChannels: 3,
        kernelSize: [3, 2],
        stride: [1, 2],
        dilation: [2, 1],
        padding: [1, 0, 0, 2],
        transposed: true,
        activation: { name: "leakyRelu", alpha: 0.3 },
      } as const;
      const network = [randomConv("first", ["input"], first, next), randomConv("second", ["first"], second, next)];
      return defineNetwork({ layers: network });
    },
  },
  {
    id: "conv-depthwise",
    name: "a convolution with a group for each channel, forward and transposed, and of the last step",
    batchSize: 2,
    sequenceLength: 3,
    returnSequences: false,
    network: () => {
      const next = uniform(933);
      const shape = { outputChannels: 5, groups: 5, kernelSize: [3, 3], padding: [1, 1, 0, 2] } as const;
      const first = randomConv("first", ["input"], { inputShape: [5, 3, 9], ...shape, stride: [1, 2] }, next);
      const turned = { inputShape: [5, 3, 5], ...shape, dilation: [1, 2], stride: [2, 1], transposed: true } as const;
      const second = randomConv("second", ["first"], turned, next);
      const gru = randomGru("gru", ["second"], { inputSize: 175, hiddenSize: 3 }, next);
      const third = { inputShape: [3, 1], outputChannels: 3, groups: 3, bias: null };
      return defineNetwork({ layers: [first, second, gru, randomConv("third", ["gru"], third, next)] });
    },
  },
  {
    id: "conv-past",
    name: "convolutions along time and two axes, lengths",
    batchSize: 4,
    sequenceLength: 9,
    lengths: [9, 0, 1, 4],
    network: () => pastNetwork(935),
  },
  {
    id: "conv-past-long",
    name: "convolutions along time and two axes, more steps than one chunk",
    batchSize: 2,
    sequenceLength: 1030,
    network: () => pastNetwork(936),
  },
  {
    id: "conv-past-features",
    name: "a convolution along time of features, before a layer with a state, in int8",
    batchSize: 3,
    sequenceLength: 6,
    network: () => {
      const next = uniform(937);
      const shape = { inputShape: [6], outputChannels: 9, timeKernelSize: 4, groups: 3, activation: "relu" } as const;
      const gru = randomGru("gru", ["conv"], { inputSize: 9, hiddenSize: 5 }, next);
      return withStorage(defineNetwork({ layers: [randomConv("conv", ["input"], shape, next), gru] }), "int8");
    },
  },
  {
    id: "conv-same",
    name: "convolutions padded on both sides along time, lengths",
    batchSize: 5,
    sequenceLength: 9,
    lengths: [9, 0, 1, 4, 8],
    network: () => {
      const next = uniform(938);
      const same = { timePadding: "same", activation: "tanh" } as const;
      const first = { inputShape: [2, 3], outputChannels: 3, timeKernelSize: 4, timeDilation: 2, kernelSize: [2] };
      const second = { inputShape: [3, 2], outputChannels: 5, timeKernelSize: 3, timeStride: 2 };
      const third = { inputShape: [5, 2], outputChannels: 2, timeKernelSize: 4, timePadding: [1, 2] } as const;
      return defineNetwork({
        layers: [
          randomConv("first", ["input"], { ...first, ...same }, next),
          randomConv("second", ["first"], { ...second, ...same }, next),
          randomConv("third", ["second"], third, next),
        ],
        outputs: ["third", "first", "second"],
      });
    },
  },
  {
    id: "conv-valid",
    name: "a convolution without padding along time, before layers that need a whole sequence, lengths",
    batchSize: 4,
    sequenceLength: 11,
    lengths: [11, 2, 3, 10],
    network: () => {
      const next = uniform(939);
      const shape = { inputShape: [4], outputChannels: 6, timeKernelSize: 3, timePadding: "valid" } as const;
      const both = { inputSize: 6, hiddenSize: 5, direction: "bidirectional" } as const;
      const last = { type: "last", name: "last", inputs: ["gru"], inputSize: 10, direction: "bidirectional" } as const;
      return defineNetwork({
        layers: [
          randomConv("conv", ["input"], shape, next),
          randomGru("gru", ["conv"], both, next),
          last,
          randomDense("head", ["last"], [10, 3], "softmax", next),
        ],
        outputs: ["head", "conv"],
      });
    },
  },
  ...[9, 1033].map((sequenceLength, i): TwinCase => ({
    id: i === 0 ? "conv-stride" : "conv-stride-long",
    name: `strides along time, before a layer with a state, T=${sequenceLength}`,
    batchSize: 4,
    sequenceLength,
    ...(i === 0 ? { lengths: [9, 4, 1, 0] } : {}),
    network: strideNetwork,
  })),
  {
    id: "conv-stride-last",
    name: "strides along time, of the last step",
    batchSize: 3,
    sequenceLength: 20,
    returnSequences: false,
    network: strideNetwork,
  },
  ...(["f16", "int8"] as const).map((storage): TwinCase => ({
    id: `conv-${storage}`,
    name: `a convolution, its transpose and one of no axis, in ${storage}`,
    batchSize: 2,
    sequenceLength: 3,
    network: () => {
      const next = uniform(934);
      const first = { inputShape: [3, 10], outputChannels: 6, kernelSize: [7], stride: [3] } as const;
      const second = { inputShape: [6, 2], outputChannels: 6, kernelSize: [3], groups: 3, transposed: true } as const;
      const layers = [
        randomConv("first", ["input"], first, next),
        randomConv("second", ["first"], second, next),
        randomConv("third", ["second"], { inputShape: [24], outputChannels: 5, activation: "tanh" }, next),
      ];
      return withStorage(defineNetwork({ layers }), storage);
    },
  })),
];
