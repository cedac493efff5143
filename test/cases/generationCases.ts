// Cases that draw tokens: models that are sure of some, or whose scores are known.

import { defineNetwork } from "../../src/model/defineNetwork.js";
import type { Network } from "../../src/model/network.js";
import {
  type CellType,
  randomDense,
  randomEmbedding,
  randomGru,
  randomRecurrent,
  randomTextModel,
  uniform,
} from "./random.js";
import type { TwinCase } from "./twinCase.js";

/** A head that gives its bias, whatever comes before. */
export function fixedScores(biasOf: (i: number) => number, numTokens = 70): Network {
  const next = uniform(108);
  const dense = randomDense("head", ["gru"], [3, numTokens], "linear", next);
  return defineNetwork({
    layers: [
      randomEmbedding("embedding", [numTokens, 2], next),
      randomGru("gru", ["embedding"], { inputSize: 2, hiddenSize: 3 }, next),
      { ...dense, weight: dense.weight.map(() => 0), bias: dense.bias!.map((_, i) => biasOf(i)) },
    ],
  });
}

/** A text model that is sure of some tokens: its head's weights are large. */
function sharpTextModel(seed: number, vocabularySize: number, activation: "softmax" | "logSoftmax"): Network {
  const [embedding, gru0, gru1] = randomTextModel(seed, vocabularySize).layers;
  const head = randomDense("head", ["gru1"], [12, vocabularySize], activation, uniform(seed + 10));
  const weight = head.weight.map((value) => 10 * value);
  return defineNetwork({ layers: [embedding!, gru0!, gru1!, { ...head, weight }] });
}

/** A text model of two layers of a type, whose head is sure of some tokens. */
function textModelOf(type: CellType, seed: number): Network {
  const next = uniform(seed);
  const head = randomDense("head", ["second"], [9, 30], "softmax", next);
  return defineNetwork({
    layers: [
      randomEmbedding("embedding", [30, 5], next),
      randomRecurrent(type, "first", ["embedding"], { inputSize: 5, hiddenSize: 7 }, next),
      randomRecurrent(type, "second", ["first"], { inputSize: 7, hiddenSize: 9 }, next),
      { ...head, weight: head.weight.map((value) => 10 * value) },
    ],
  });
}

/** -1, 0 and 1: of 70, 24 and twice 23. */
function third(i: number): number {
  return (i % 3) - 1;
}

/** Scores that tokens are drawn from, and how. */
export const generationCases: readonly TwinCase[] = (
  [
    [
      "warm",
      "at temperature 0.8",
      { temperature: 0.8, length: 70, streams: 5, seed: 3 }, // more than one chunk
      () => sharpTextModel(120, 70, "softmax"),
    ],
    [
      "greedy",
      "at temperature 0",
      { temperature: 0, length: 30, streams: 2 },
      () => sharpTextModel(121, 71, "softmax"),
    ],
    ["lstm", "of an LSTM", { temperature: 0.7, length: 40, streams: 3, seed: 9 }, () => textModelOf("lstm", 126)],
    ["rnn", "of an RNN", { temperature: 0.7, length: 40, streams: 3, seed: 9 }, () => textModelOf("rnn", 127)],
    ["ties", "of 10 among 23 equal ones", { topK: 10, length: 60, seed: 2 }, () => fixedScores(third)],
    [
      "negative",
      "of 30 with equal ones among the last, and logits below zero",
      { topK: 30, temperature: 0.5, length: 60, seed: 3 },
      () => fixedScores((i) => -120 - (i % 3)),
    ],
    [
      "large",
      "of logits that exp cannot take",
      { temperature: 1.5, length: 20, seed: 4 },
      () => fixedScores((i) => (i === 33 || i === 34 ? 166 + i : -100 - i)),
    ],
    [
      "top-p",
      "of the top 0.9 at temperature 0.8",
      { temperature: 0.8, topP: 0.9, length: 70, streams: 5, seed: 3 },
      () => sharpTextModel(123, 70, "softmax"),
    ],
    [
      "top-p-ties",
      "of the top 0.7 of 30 with 23 equal ones",
      { topK: 30, topP: 0.7, length: 60, seed: 6 },
      () => fixedScores(third),
    ],
    [
      "top-p-of-30",
      "of the top 0.95 of 30, with equal ones among the last of both",
      { topK: 30, topP: 0.95, temperature: 0.9, length: 90, seed: 7 },
      () => fixedScores((i) => third(i >> 1) - 5),
    ],
    ["top-0", "of the top 0", { topP: 0, length: 30, streams: 2, seed: 8 }, () => sharpTextModel(124, 71, "softmax")],
    [
      "top-p-of-5000",
      "of the top 0.8 of 5000",
      { temperature: 0.3, topP: 0.8, length: 20, streams: 3, seed: 10 },
      () => sharpTextModel(125, 5000, "logSoftmax"),
    ],
    [
      "top-k-of-5000",
      "of the 40 likeliest of 5000",
      { topK: 40, length: 20, streams: 3, seed: 5 },
      () => sharpTextModel(122, 5000, "logSoftmax"),
    ],
  ] as const
).map(([id, what, options, network]) => ({
  id: `tokens-${id}`,
  name: `tokens ${what}`,
  batchSize: 1,
  sequenceLength: 1,
  generation: { prompt: [3, 1, 2], ...options },
  network,
}));
