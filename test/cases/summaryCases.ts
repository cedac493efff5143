// Twin cases of summaries: of a whole sequence by one frame.

import { type AggregateSpec, AGGREGATES } from "../../src/layers/aggregate.js";
import type { AttentionSpec } from "../../src/layers/attention.js";
import type { MapSpec } from "../../src/layers/map.js";
import type { PoolSpec } from "../../src/layers/pool.js";
import { defineNetwork } from "../../src/model/defineNetwork.js";
import type { Network } from "../../src/model/network.js";
import { randomDense, randomGru, uniform } from "./random.js";
import type { TwinCase } from "./twinCase.js";

/** Every aggregate of a GRU layer, alone and under a head. */
function aggregates(seed: number, hiddenSize: number): Network {
  const next = uniform(seed);
  const gru = randomGru("gru", ["input"], { inputSize: 3, hiddenSize }, next);
  const layers = AGGREGATES.map((operation): AggregateSpec => {
    return { type: "aggregate", name: operation, inputs: ["gru"], inputSize: hiddenSize, operation };
  });
  const head = randomDense("head", [...AGGREGATES], [3 * hiddenSize, 4], "softmax", next);
  return defineNetwork({ layers: [gru, ...layers, head], outputs: ["head", ...AGGREGATES] });
}

/** A network whose scores and values are made of a GRU layer's steps. */
function attention(seed: number, [heads, valueSize]: [number, number]): Network {
  const next = uniform(seed);
  const gru = randomGru("gru", ["input"], { inputSize: 4, hiddenSize: 9 }, next);
  const scores = randomDense("scores", ["gru"], [9, heads], "linear", next);
  const values = randomDense("values", ["gru"], [9, valueSize], "tanh", next);
  const spec: AttentionSpec = { type: "attention", name: "attention", inputs: ["scores", "values"], valueSize, heads };
  const weight = scores.weight.map((value) => 3 * value);
  const head = randomDense("head", ["attention"], [valueSize, 3], "linear", next);
  return defineNetwork({
    layers: [gru, { ...scores, weight }, values, spec, head],
    outputs: ["attention", "head"],
  });
}

/** Summaries of every third step, after a GRU layer of them. */
function strided(seed: number): Network {
  const next = uniform(seed);
  const pool = { type: "pool", name: "pool", inputShape: [4], operation: "average" } as const;
  const windows: PoolSpec = { ...pool, timeKernelSize: 4, timeStride: 3 };
  const gru = randomGru("gru", ["pool"], { inputSize: 4, hiddenSize: 5 }, next);
  const mean: AggregateSpec = { type: "aggregate", name: "mean", inputs: ["gru"], inputSize: 5, operation: "mean" };
  const attended = { type: "attention", name: "attention", inputs: ["pool", "gru"], valueSize: 8, heads: 1 } as const;
  return defineNetwork({ layers: [windows, gru, mean, attended], outputs: ["attention", "mean"] });
}

export const summaryCases: readonly TwinCase[] = [
  {
    id: "aggregate",
    name: "the mean, the largest and the sum of all steps, lengths",
    batchSize: 4,
    sequenceLength: 9,
    lengths: [9, 0, 1, 4],
    network: () => aggregates(990, 37),
  },
  {
    id: "aggregate-chunks",
    name: "the mean, the largest and the sum of more steps than one chunk, lengths",
    batchSize: 4,
    sequenceLength: 1100,
    lengths: [1100, 0, 1025, 7],
    // Of the input itself, whose numbers have no errors to add up.
    network: () => {
      const size: MapSpec = { type: "map", name: "size", outputSize: 6, activation: "abs" };
      const layers = AGGREGATES.map((operation): AggregateSpec => {
        const inputs = [operation === "sum" ? "size" : "input"];
        return { type: "aggregate", name: operation, inputs, inputSize: 6, operation };
      });
      return defineNetwork({ layers: [size, ...layers], outputs: AGGREGATES });
    },
  },
  {
    id: "aggregate-input",
    name: "the largest and the mean of numbers below zero, of both directions",
    batchSize: 2,
    sequenceLength: 70,
    network: () => {
      const next = uniform(992);
      const below = randomDense("below", ["input"], [5, 9], "linear", next);
      const gru = randomGru("gru", ["below"], { inputSize: 9, hiddenSize: 3, direction: "bidirectional" }, next);
      const bias = below.bias!.map((value) => value - 4);
      const inputs = ["below", "gru"];
      const max: AggregateSpec = { type: "aggregate", name: "max", inputs, inputSize: 15, operation: "max" };
      const mean: AggregateSpec = { ...max, name: "mean", operation: "mean" };
      return defineNetwork({ layers: [{ ...below, bias }, gru, max, mean], outputs: ["max", "mean"] });
    },
  },
  {
    id: "attention",
    name: "attention of three heads, lengths",
    batchSize: 4,
    sequenceLength: 9,
    lengths: [1, 9, 0, 5],
    network: () => attention(993, [3, 39]),
  },
  {
    id: "attention-chunks",
    name: "attention of scores that exp cannot take, over more steps than one chunk, lengths",
    batchSize: 3,
    sequenceLength: 1100,
    lengths: [1026, 1100, 40],
    network: () => {
      const operand = Float32Array.of(512, 512, 1, 1, 1, 1, 1, 1);
      const scaled: MapSpec = { type: "map", name: "scaled", outputSize: 8, operation: "multiply", operand };
      return defineNetwork({ layers: [scaled, { type: "attention", name: "attention", valueSize: 6, heads: 2 }] });
    },
  },
  {
    id: "flatten",
    name: "all steps, one after the other, under a head",
    batchSize: 3,
    sequenceLength: 7,
    network: () => {
      const next = uniform(995);
      const gru = randomGru("gru", ["input"], { inputSize: 3, hiddenSize: 10 }, next);
      const flat = { type: "flatten", name: "flat", inputs: ["gru"], inputSize: 10, sequenceLength: 7 } as const;
      const head = randomDense("head", ["flat"], [70, 4], "tanh", next);
      return defineNetwork({ layers: [gru, flat, head], outputs: ["head", "flat"] });
    },
  },
  {
    id: "summary-strided",
    name: "the mean and attention of every third step, over more steps than one chunk, lengths",
    batchSize: 5,
    sequenceLength: 1100,
    lengths: [1100, 0, 1, 1027, 40],
    network: () => strided(996),
  },
  {
    id: "flatten-strided",
    name: "all of every second step, one after the other",
    batchSize: 3,
    sequenceLength: 8,
    network: () => {
      const pool: PoolSpec = {
        type: "pool",
        name: "pool",
        inputShape: [5],
        operation: "max",
        timeKernelSize: 3,
        timeStride: 2,
        timePadding: "valid",
      };
      const flat = { type: "flatten", name: "flat", inputs: ["pool"], inputSize: 5, sequenceLength: 3 } as const;
      return defineNetwork({ layers: [pool, flat] });
    },
  },
];
