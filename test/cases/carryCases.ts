// Twin cases of networks that carry a layer's output to the next step.

import { defineNetwork } from "../../src/model/defineNetwork.js";
import type { Network } from "../../src/model/network.js";
import { randomArray, randomDense, randomGru, uniform } from "./random.js";
import type { TwinCase } from "./twinCase.js";

/** Two carried states: one of a layer before a GRU that reads both, one of the network's output. */
function twoCarried(seed: number, returnSequences = true): Network {
  const next = uniform(seed);
  const gru = randomGru("gru", ["before", "fed", "inner"], { inputSize: 5 + 3 + 41, hiddenSize: 6 }, next);
  return defineNetwork({
    layers: [
      { type: "carry", name: "fed", size: 3, next: "head" },
      { type: "carry", name: "inner", size: 41, next: "wide", initialState: randomArray(41, next) },
      randomDense("before", ["input"], [4, 5], "relu", next),
      gru,
      randomDense("wide", ["inner", "gru"], [47, 41], "tanh", next),
      randomDense("head", ["wide", "gru"], [47, 3], "linear", next),
      ...(returnSequences ? [] : [{ type: "last", name: "end", inputs: ["head"], inputSize: 3 } as const]),
    ],
  });
}

export const carryCases: readonly TwinCase[] = [
  {
    id: "carry",
    name: "two carried states, lengths",
    batchSize: 4,
    sequenceLength: 9,
    lengths: [9, 0, 1, 4],
    network: () => twoCarried(930),
  },
  {
    id: "carry-one-row",
    name: "two carried states, one row",
    batchSize: 1,
    sequenceLength: 5,
    network: () => twoCarried(931),
  },
  {
    id: "carry-last",
    name: "two carried states, the last step alone",
    batchSize: 3,
    sequenceLength: 7,
    lengths: [3, 7, 1],
    returnSequences: false,
    network: () => twoCarried(932),
  },
  {
    id: "carry-summary",
    name: "two carried states and a summary",
    batchSize: 2,
    sequenceLength: 6,
    lengths: [2, 6],
    network: () => twoCarried(933, false),
  },
];
