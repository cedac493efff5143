// Cases whose main output is read back as its highest numbers too. Seeds are such that no two of them are so near each
// other that rounding decides.

import type { ElementFunction, RowFunction } from "../../src/layers/activation.js";
import { defineNetwork } from "../../src/model/defineNetwork.js";
import type { Network } from "../../src/model/network.js";
import { oneGru, randomDense, randomGru, uniform } from "./random.js";
import type { TwinCase } from "./twinCase.js";

function headOf(seed: number, outputSize: number, activation: ElementFunction | RowFunction): Network {
  const next = uniform(seed);
  return defineNetwork({
    layers: [
      randomGru("gru", ["input"], { inputSize: 3, hiddenSize: 5 }, next),
      randomDense("head", ["gru"], [5, outputSize], activation, next),
    ],
  });
}

/** A head that gives its bias, whatever comes before. */
function fixedHead(scoreOf: (i: number) => number): Network {
  const [gru, head] = headOf(140, 70, "linear").layers;
  const bias = Float32Array.from({ length: 70 }, (_, i) => scoreOf(i));
  return defineNetwork({
    layers: [gru!, { ...head!, weight: new Float32Array(70 * 5), bias } as typeof head & object],
  });
}

export const topKCases: readonly TwinCase[] = [
  {
    id: "highest-of-one",
    name: "the highest of one output",
    batchSize: 2,
    sequenceLength: 3,
    topK: 1,
    network: () => headOf(141, 1, "tanh"),
  },
  {
    // 45 rows: more than one dispatch where the mutations are run.
    id: "highest-all",
    name: "all of 70 outputs, the highest first",
    batchSize: 5,
    sequenceLength: 9,
    topK: 70,
    network: () => headOf(142, 70, "softmax"),
  },
  {
    id: "highest-of-50000",
    name: "the 5 highest of 50000",
    batchSize: 2,
    sequenceLength: 2,
    topK: 5,
    network: () => headOf(143, 50_000, "softmax"),
  },
  {
    id: "highest-300",
    name: "the 300 highest of 5000",
    batchSize: 1,
    sequenceLength: 3,
    topK: 300,
    network: () => headOf(144, 5000, "logSoftmax"),
  },
  {
    id: "highest-ties",
    name: "the 30 highest of 23 equal ones and others",
    batchSize: 1,
    sequenceLength: 1,
    topK: 30,
    network: () => fixedHead((i) => (i % 3) - 1),
  },
  {
    id: "highest-negative",
    name: "the 60 highest of numbers below zero",
    batchSize: 1,
    sequenceLength: 1,
    topK: 60,
    network: () => fixedHead((i) => -120 + ((i * 29) % 70) / 8),
  },
  {
    id: "highest-of-gru",
    name: "the 3 highest of a GRU layer, lengths",
    batchSize: 3,
    sequenceLength: 8,
    lengths: [5, 0, 8],
    topK: 3,
    network: () => oneGru(145, { inputSize: 4, hiddenSize: 9, direction: "bidirectional" }),
  },
  {
    id: "highest-last",
    name: "the 7 highest of the last step, lengths",
    batchSize: 3,
    sequenceLength: 6,
    lengths: [6, 2, 0],
    returnSequences: false,
    topK: 7,
    network: () => headOf(146, 11, "linear"),
  },
];
