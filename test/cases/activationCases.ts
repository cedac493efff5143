// Cases for every activation, in a GRU's gates and in a dense layer, and for numbers at both of its ends.

import type { ActivationSpec } from "../../src/layers/activation.js";
import { defineNetwork } from "../../src/model/defineNetwork.js";
import { oneGru, randomDense, randomGru, uniform } from "./random.js";
import type { TwinCase } from "./twinCase.js";

const gateActivations: ActivationSpec[] = [
  "linear",
  "relu",
  { name: "affine", alpha: 0.7, beta: 0.1 },
  { name: "leakyRelu", alpha: 0.3 },
  { name: "thresholdedRelu", alpha: 0.05 },
  { name: "scaledTanh", alpha: 0.8, beta: 1.3 },
  "hardSigmoid",
  { name: "hardSigmoid", alpha: 0.4, beta: 0.3 },
  { name: "elu", alpha: 0.6 },
  "softsign",
  "softplus",
  "square",
  "tanh",
  "sigmoid",
];

/** Every activation for n, with sigmoid gates; the bounded ones for the gates, with tanh; clip. */
const activations: TwinCase[] = [
  ...gateActivations.flatMap((activation, i) =>
    [true, false].map((resetAfter): TwinCase => ({
      id: `n-${idOf(activation)}-${resetAfter ? "after" : "before"}`,
      name: `n = ${nameOf(activation)}, reset ${resetAfter ? "after" : "before"}`,
      batchSize: 2,
      sequenceLength: 6,
      network: () =>
        oneGru(40 + i, {
          inputSize: 3,
          hiddenSize: 5,
          resetAfter,
          newActivation: activation,
          gateActivation: "hardSigmoid",
        }),
    })),
  ),
  ...(["softsign", "hardSigmoid", "tanh", "relu"] as const).map((activation, i): TwinCase => ({
    id: `clip-${activation}`,
    name: `r, z = ${activation}, clip 0.3`,
    batchSize: 2,
    sequenceLength: 6,
    network: () =>
      oneGru(60 + i, { inputSize: 3, hiddenSize: 5, gateActivation: activation, newActivation: "tanh", clip: 0.3 }),
  })),
];

/** A dense layer takes every activation that a GRU does. */
const denseActivations: TwinCase[] = gateActivations.map((activation, i) => ({
  id: `dense-${idOf(activation)}`,
  name: `a dense layer with ${nameOf(activation)}`,
  batchSize: 2,
  sequenceLength: 5,
  network: () => {
    const next = uniform(70 + i);
    return defineNetwork({
      layers: [
        randomGru("gru", ["input"], { inputSize: 3, hiddenSize: 6 }, next),
        randomDense("dense", ["gru"], [6, 5], activation, next),
      ],
    });
  },
}));

/** The other functions, of numbers on both sides of 0 or, where those below it have no result, above. */
const functions: [activation: ActivationSpec, offset: number][] = [
  ["abs", 0],
  ["sqrt", 3],
  ["exp", 0],
  ["log", 3],
  ["reciprocal", 3],
  ["erf", 0],
  ["gelu", 0],
  ["geluTanh", 0],
  [{ name: "silu", alpha: 1.3 }, 0],
  ["mish", 0],
  [{ name: "hardSwish", alpha: 0.4, beta: 0.3 }, 0],
  [{ name: "selu", alpha: 0.7, beta: 1.2 }, 0],
  [{ name: "clip", alpha: 0.2, beta: 0.6 }, 0],
  ["sign", 0],
  ["floor", 0],
];

const denseFunctions: TwinCase[] = functions.map(([activation, offset], i) => ({
  id: `dense-${idOf(activation)}`,
  name: `a dense layer with ${nameOf(activation)}`,
  batchSize: 2,
  sequenceLength: 5,
  network: () => {
    const next = uniform(120 + i);
    const gru = randomGru("gru", ["input"], { inputSize: 3, hiddenSize: 6 }, next);
    const dense = randomDense("dense", ["gru"], [6, 37], activation, next);
    const [weight, bias] = [dense.weight.map((value) => 2 * value), dense.bias!.map((value) => offset + 3 * value)];
    return defineNetwork({ layers: [gru, { ...dense, weight, bias }] });
  },
}));

/** The functions that grow with their numbers, of numbers that exp cannot take. */
const extremes: TwinCase = {
  id: "dense-extreme",
  name: "functions of numbers up to 1e30",
  batchSize: 1,
  sequenceLength: 2,
  network: () => {
    const next = uniform(139);
    const names = ["gelu", "geluTanh", "silu", "mish", "hardSwish", "selu", "erf", "clip", "abs", "log"] as const;
    const bias = Float32Array.of(0, 1e4, -1e4, 1e30, -1e30, 100, -100, 1e-30, -1e-30);
    const layers = names.map((name) => {
      const dense = randomDense(name, ["gru"], [3, 9], name, next);
      const positive = bias.map((value) => Math.abs(value) + 1e-30);
      return { ...dense, weight: dense.weight.map(() => 0), bias: name === "log" ? positive : bias };
    });
    const gru = randomGru("gru", ["input"], { inputSize: 2, hiddenSize: 3 }, next);
    return defineNetwork({ layers: [gru, ...layers], outputs: names });
  },
};

/** Weights so large that a function reaches both of its ends. */
const largeNumbers: TwinCase[] = (["hardSigmoid", "tanh", "sigmoid"] as const).map((activation, i) => ({
  id: `dense-${activation}-large`,
  name: `a dense layer with ${activation} of large numbers`,
  batchSize: 2,
  sequenceLength: 5,
  network: () => {
    const next = uniform(100 + i);
    const dense = randomDense("dense", ["gru"], [6, 5], activation, next);
    const weight = dense.weight.map((value) => 40 * value);
    return defineNetwork({
      layers: [randomGru("gru", ["input"], { inputSize: 3, hiddenSize: 6 }, next), { ...dense, weight }],
    });
  },
}));

/** Biases so large that r, z and n are at their ends, whichever: exp of such a number overflows, tanh's on some GPUs. */
const saturated: TwinCase[] = [true, false].map((resetAfter) => ({
  id: `saturated-${resetAfter ? "after" : "before"}`,
  name: `gates far into saturation, reset ${resetAfter ? "after" : "before"}`,
  batchSize: 2,
  sequenceLength: 6,
  network: () => {
    const layer = randomGru("gru", ["input"], { inputSize: 3, hiddenSize: 7, resetAfter }, uniform(105));
    const bias = layer.bias!.map((value, row) => value + [200, -200, 1000, -1000, 0][row % 5]!);
    return defineNetwork({ layers: [{ ...layer, bias }] });
  },
}));

const softmaxes: TwinCase = {
  id: "softmax-large",
  name: "softmax and its logarithm of numbers that exp cannot take",
  batchSize: 1,
  sequenceLength: 2,
  // Integers without rounding: the weights are zero. Past 88 exp overflows, below -104 it gives zero.
  network: () => {
    const next = uniform(107);
    const head = (name: string, activation: "softmax" | "logSoftmax", biasOf: (i: number) => number) => {
      const dense = randomDense(name, ["gru"], [3, 70], activation, next);
      return { ...dense, weight: dense.weight.map(() => 0), bias: dense.bias!.map((_, i) => biasOf(i)) };
    };
    return defineNetwork({
      layers: [
        randomGru("gru", ["input"], { inputSize: 2, hiddenSize: 3 }, next),
        // The largest is in the last lane of a workgroup, then past its first 64.
        head("inside", "softmax", (i) => (i === 63 ? 121 : i - 100)),
        head("past", "softmax", (i) => (i >= 65 ? 130 - (i % 3) : i - 100)),
        head("low", "softmax", (i) => -120 - (i % 7)),
        head("low_log", "logSoftmax", (i) => -120 - (i % 7)),
      ],
      outputs: ["inside", "past", "low", "low_log"],
    });
  },
};

export const activationCases: readonly TwinCase[] = [
  ...activations,
  ...denseActivations,
  ...denseFunctions,
  extremes,
  ...largeNumbers,
  ...saturated,
  softmaxes,
];

/** The activation's name, and its first parameter where it is not the usual one. */
function idOf(activation: ActivationSpec): string {
  return typeof activation === "string" ? activation : `${activation.name}-${activation.alpha}`;
}

function nameOf(activation: ActivationSpec): string {
  return typeof activation === "string"
    ? activation
    : `${activation.name}(${activation.alpha ?? ""}, ${activation.beta ?? ""})`;
}
