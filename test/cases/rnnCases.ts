// Twin cases of simple recurrent layers.

import type { Direction } from "../../src/layers/direction.js";
import type { RnnSpec } from "../../src/layers/rnn.js";
import { defineNetwork } from "../../src/model/defineNetwork.js";
import type { Network } from "../../src/model/network.js";
import { withStorage } from "../../src/model/quantize.js";
import { randomTensors, randomDense, uniform } from "./random.js";
import type { TwinCase } from "./twinCase.js";

interface RnnShape extends Pick<RnnSpec, "inputSize" | "hiddenSize" | "direction" | "activation" | "clip"> {}

export function randomRnn(name: string, inputs: string[], shape: RnnShape, next: () => number): RnnSpec {
  return { type: "rnn", name, inputs, ...shape, ...randomTensors(shape, 1, next) };
}

function oneRnn(seed: number, shape: RnnShape): Network {
  return defineNetwork({ layers: [randomRnn("rnn", ["input"], shape, uniform(seed))] });
}

const directions: TwinCase[] = (["forward", "reverse", "bidirectional"] as const satisfies Direction[]).map(
  (direction, i) => ({
    id: `rnn-${direction}`,
    name: `rnn, ${direction}, lengths`,
    batchSize: 4,
    sequenceLength: 9,
    lengths: [9, 0, 1, 4],
    network: () => oneRnn(900 + i, { inputSize: 5, hiddenSize: 7, direction }),
  }),
);

export const rnnCases: readonly TwinCase[] = [
  ...directions,
  {
    id: "rnn-wide",
    name: "rnn, H=130, more steps than one chunk",
    batchSize: 3,
    sequenceLength: 1030,
    network: () => oneRnn(910, { inputSize: 3, hiddenSize: 130 }),
  },
  {
    id: "rnn-few",
    name: "rnn, bidirectional, few steps of few rows",
    batchSize: 2,
    sequenceLength: 3,
    lengths: [3, 2],
    network: () => oneRnn(913, { inputSize: 6, hiddenSize: 9, direction: "bidirectional" }),
  },
  {
    id: "rnn-clip",
    name: "rnn, another activation within a clip",
    batchSize: 2,
    sequenceLength: 7,
    network: () => oneRnn(912, { inputSize: 3, hiddenSize: 6, activation: { name: "elu", alpha: 0.6 }, clip: 0.4 }),
  },
  {
    id: "rnn-relu",
    name: "rnn, relu, a stack of two and its last step, in int8",
    batchSize: 2,
    sequenceLength: 6,
    network: () => {
      const next = uniform(911);
      const first = randomRnn("first", ["input"], { inputSize: 6, hiddenSize: 9, activation: "relu" }, next);
      const second = randomRnn("second", ["first"], { inputSize: 9, hiddenSize: 5, activation: "relu" }, next);
      const head = randomDense("head", ["second", "first"], [14, 3], "tanh", next);
      return withStorage(defineNetwork({ layers: [first, second, head] }), "int8");
    },
  },
];
