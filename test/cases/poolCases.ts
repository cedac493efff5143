// Twin cases of pools along a frame's inner axes.

import type { PoolSpec } from "../../src/layers/pool.js";
import { defineNetwork } from "../../src/model/defineNetwork.js";
import { randomGru, uniform } from "./random.js";
import type { TwinCase } from "./twinCase.js";

const max: PoolSpec = {
  type: "pool",
  name: "max",
  inputShape: [5, 9],
  operation: "max",
  kernelSize: [3],
  stride: [2],
  padding: [2, 1],
};

const average: PoolSpec = {
  type: "pool",
  name: "average",
  inputShape: [3, 7, 10],
  operation: "average",
  kernelSize: [3, 2],
  stride: [2, 1],
  padding: [2, 1, 0, 1],
};

export const poolCases: readonly TwinCase[] = [
  {
    id: "pool",
    name: "the largest of windows of one axis, before a layer with a state, lengths",
    batchSize: 3,
    sequenceLength: 5,
    lengths: [5, 2, 0],
    network: () => {
      const gru = randomGru("gru", ["max"], { inputSize: 25, hiddenSize: 3 }, uniform(940));
      return defineNetwork({ layers: [max, gru], outputs: ["gru", "max"] });
    },
  },
  {
    id: "pool-2d",
    name: "means and the largest of windows of two axes, more outputs than a workgroup",
    batchSize: 2,
    sequenceLength: 3,
    network: () => {
      const counted = { ...average, name: "counted", inputs: ["input"], countPadding: true };
      const largest = { ...average, name: "largest", inputs: ["input"], operation: "max" } as const;
      return defineNetwork({ layers: [average, counted, largest], outputs: ["average", "counted", "largest"] });
    },
  },
  {
    id: "pool-past",
    name: "the largest of windows along time, and means, which reach back before a chunk",
    batchSize: 3,
    sequenceLength: 70,
    network: () => {
      const { inputShape, kernelSize } = { inputShape: [2, 5], kernelSize: [2] };
      const largest = { ...max, inputShape, kernelSize, stride: [1], padding: [0, 0], timeKernelSize: 3 };
      const mean = { ...largest, name: "mean", operation: "average", inputShape: [2, 4], timeStride: 2 } as const;
      return defineNetwork({ layers: [largest, mean], outputs: ["mean", "max"] });
    },
  },
  {
    id: "pool-same",
    name: "means and the largest of windows along time, padded on both sides, lengths",
    batchSize: 4,
    sequenceLength: 8,
    lengths: [8, 1, 0, 5],
    network: () => {
      const alike = { ...average, timeKernelSize: 3, timeStride: 2, timePadding: "same", inputs: ["input"] } as const;
      const counted = { ...alike, name: "counted", countPadding: true, timePadding: [1, 2] } as const;
      const largest = { ...alike, name: "largest", operation: "max", timePadding: [2, 1] } as const;
      const plain = { ...alike, name: "plain", timePadding: "valid", timeKernelSize: 2 } as const;
      return defineNetwork({
        layers: [alike, counted, largest, plain],
        outputs: ["average", "counted", "largest", "plain"],
      });
    },
  },
];
