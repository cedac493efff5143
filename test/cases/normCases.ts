// Twin cases of layer normalisation.

import type { EmbeddingSpec } from "../../src/layers/embedding.js";
import type { NormSpec } from "../../src/layers/norm.js";
import { defineNetwork } from "../../src/model/defineNetwork.js";
import { randomArray, randomDense, randomGru, uniform } from "./random.js";
import type { TwinCase } from "./twinCase.js";

function randomNorm(name: string, inputs: string[], inputSize: number, next: () => number): NormSpec {
  return {
    type: "norm",
    name,
    inputs,
    inputSize,
    epsilon: 0.01,
    weight: randomArray(inputSize, next),
    bias: randomArray(inputSize, next),
  };
}

export const normCases: readonly TwinCase[] = [
  {
    id: "norm",
    name: "a normalisation before and after a layer with a state",
    batchSize: 3,
    sequenceLength: 11,
    network: () => {
      const next = uniform(920);
      const before = randomNorm("before", ["input"], 7, next);
      const gru = randomGru("gru", ["before"], { inputSize: 7, hiddenSize: 66 }, next);
      const after = randomNorm("after", ["gru", "before"], 73, next);
      const head = randomDense("head", ["after"], [73, 3], "linear", next);
      return defineNetwork({ layers: [before, gru, after, head] });
    },
  },
  {
    id: "norm-groups",
    name: "normalisations of groups, about the mean and about zero",
    batchSize: 3,
    sequenceLength: 5,
    network: () => {
      const next = uniform(923);
      const gru = randomGru("gru", ["input"], { inputSize: 4, hiddenSize: 42 }, next);
      const norms = [1, 2, 3, 14, 42].flatMap((groups) =>
        [true, false].map((center): NormSpec => {
          const name = `${center ? "mean" : "zero"}${groups}`;
          return { ...randomNorm(name, ["gru"], 42, next), groups, center };
        }),
      );
      const long = randomDense("long", ["gru"], [42, 390], "linear", next);
      const last: NormSpec = { ...randomNorm("last", ["long"], 390, next), groups: 3, center: false };
      const outputs = [...norms, last].map(({ name }) => name);
      return defineNetwork({ layers: [gru, ...norms, long, last], outputs });
    },
  },
  {
    id: "norm-offset",
    name: "a normalisation of features near 10,000",
    batchSize: 2,
    sequenceLength: 5,
    network: () => {
      const next = uniform(922);
      const weight = randomArray(6 * 9, next).map((value) => 10_000 + value);
      const table: EmbeddingSpec = { type: "embedding", name: "table", numEmbeddings: 6, embeddingSize: 9, weight };
      const gru = randomGru("gru", ["norm"], { inputSize: 9, hiddenSize: 4 }, next);
      return defineNetwork({ layers: [table, randomNorm("norm", ["table"], 9, next), gru], outputs: ["norm", "gru"] });
    },
  },
  {
    id: "norm-plain",
    name: "a normalisation without weights, of the last step",
    batchSize: 2,
    sequenceLength: 5,
    returnSequences: false,
    network: () => {
      const next = uniform(921);
      const gru = randomGru("gru", ["input"], { inputSize: 3, hiddenSize: 130 }, next);
      return defineNetwork({ layers: [gru, { type: "norm", name: "norm", inputs: ["gru"], inputSize: 130 }] });
    },
  },
];
