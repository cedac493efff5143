// A network with fewer layers gives what the network gives, bit by bit in float64: names, outputs and states too.

import { describe, expect, it } from "vitest";
import type { LayerSpec } from "../../src/layers/index.js";
import type { MapSpec } from "../../src/layers/map.js";
import { joinLayers } from "../../src/layers/joins.js";
import { defineNetwork } from "../../src/model/defineNetwork.js";
import { stateLength } from "../../src/model/network.js";
import { simplified } from "../../src/model/simplified.js";
import { randomConv } from "../cases/convCases.js";
import { randomRnn } from "../cases/rnnCases.js";
import { randomArray, randomDense, randomInput, uniform } from "../cases/random.js";
import { runReference } from "../harness/reference/runReference.js";

const next = uniform(1300);
const relu = (name: string, input: string, outputSize: number): MapSpec => ({
  type: "map",
  name,
  inputs: [input],
  outputSize,
  activation: "relu",
});
const turn = (name: string, input: string, indices: number[], inputSize: number, fill = 0): LayerSpec => ({
  type: "rearrange",
  name,
  inputs: [input],
  inputSize,
  outputSize: indices.length,
  indices: Float32Array.from(indices),
  fill,
});
const conv = (name: string, input: string) =>
  randomConv(name, [input], { inputShape: [2, 3], outputChannels: 2, kernelSize: [1], timeKernelSize: 2 }, next);
const add: MapSpec = {
  ...relu("sum", "input", 6),
  operation: "add",
  activation: "linear",
  operand: new Float32Array(6),
};

/** Layers, outputs, and the names of the layers that are left. */
const cases: Record<string, [layers: LayerSpec[], outputs: string[], left: string[]]> = {
  "a function goes into a convolution with a past": [
    [conv("conv", "input"), relu("relu", "conv", 6)],
    ["relu"],
    ["relu"],
  ],
  "functions between layers leave the names of those before": [
    [
      conv("conv", "input"),
      relu("relu", "conv", 6),
      randomDense("dense", ["relu"], [6, 4], "linear", next),
      relu("out", "dense", 4),
    ],
    ["out"],
    ["conv", "out"],
  ],
  "a function goes into an operation of two": [[add, relu("relu", "sum", 6)], ["relu"], ["relu"]],
  "of two functions one after the other the first stays": [
    [conv("conv", "input"), relu("relu", "conv", 6), { ...relu("tanh", "relu", 6), activation: "tanh" }],
    ["tanh"],
    ["conv", "tanh"],
  ],
  "an output before a function stays": [
    [conv("conv", "input"), relu("relu", "conv", 6)],
    ["relu", "conv"],
    ["conv", "relu"],
  ],
  "what two layers read stays": [
    [conv("conv", "input"), relu("relu", "conv", 6), randomDense("dense", ["conv", "relu"], [12, 3], "tanh", next)],
    ["dense"],
    ["conv", "relu", "dense"],
  ],
  "a function with a bias stays": [
    [conv("conv", "input"), { ...relu("relu", "conv", 6), bias: randomArray(6, next) }],
    ["relu"],
    ["conv", "relu"],
  ],
  "a softmax keeps the function after it": [
    [randomDense("dense", ["input"], [6, 5], "softmax", next), relu("relu", "dense", 5)],
    ["relu"],
    ["dense", "relu"],
  ],
  "a function after a linear recurrent layer is none of its state's": [
    [randomRnn("rnn", ["input"], { inputSize: 6, hiddenSize: 5, activation: "linear" }, next), relu("relu", "rnn", 5)],
    ["relu"],
    ["rnn", "relu"],
  ],
  "orders one after the other become one": [
    [
      turn("one", "input", [5, -1, 0, 3], 6, 2),
      turn("two", "one", [1, 0, 3, 3], 4, 7),
      turn("three", "two", [3, 0], 4),
    ],
    ["three"],
    ["three"],
  ],
  "orders that fill with other numbers stay": [
    [turn("one", "input", [5, -1, 0, 3], 6, 2), turn("two", "one", [1, -1, 3], 4, 7)],
    ["two"],
    ["one", "two"],
  ],
  "what a carry takes keeps its name": [
    [
      { type: "carry", name: "before", size: 6, next: "relu" },
      randomDense("dense", ["input", "before"], [12, 6], "linear", next),
      relu("relu", "dense", 6),
      randomDense("out", ["relu"], [6, 2], "tanh", next),
    ],
    ["out"],
    ["before", "relu", "out"],
  ],
};

describe("a network with fewer layers", () => {
  it.each(Object.entries(cases))("is right: %s", (_, [layers, outputs, left]) => {
    const network = defineNetwork({ layers, outputs });
    const fewer = simplified(network);
    expect(fewer.layers.map(({ name }) => name)).toEqual(left);
    const request = {
      input: randomInput(network, 2 * 4, 1301),
      batchSize: 2,
      initialState: randomArray(stateLength(network, 2), uniform(1302)),
    };
    expect(runReference(fewer, request)).toEqual(runReference(network, request));
  });

  it("leaves the network's own layers as they were", () => {
    const network = defineNetwork({ layers: [conv("conv", "input"), relu("relu", "conv", 6)] });
    const before = structuredClone(network.layers);
    simplified(network);
    expect(network.layers).toEqual(before);
  });

  it("joins no other types", () => {
    const { layers } = defineNetwork({ layers: [conv("conv", "input"), conv("again", "conv")] });
    expect(joinLayers(layers[0]!, layers[1]!)).toBeNull();
  });
});
