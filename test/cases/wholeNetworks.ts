// Small networks whose steps one dispatch can make.

import { defineNetwork } from "../../src/model/defineNetwork.js";
import type { Network } from "../../src/model/network.js";
import { withStorage } from "../../src/model/quantize.js";
import { randomLstm } from "./lstmCases.js";
import { randomRnn } from "./rnnCases.js";
import { randomDense, randomGru, randomMixed, randomStack, randomTextModel, uniform } from "./random.js";

/** Networks that are programs, with every operation among them. */
export const WHOLE_NETWORKS = {
  text: () => randomTextModel(801, 53),
  mixed: () => randomMixed(802, "logSoftmax", 70),
  deep: () => randomStack({ seed: 803, inputSize: 9, hiddenSizes: [33, 7, 1], resetAfter: false }),
  activations: () => withActivations(804),
  recurrent: () => withOtherCells(807),
  groups: () => withGroups(808),
  int8: () => withStorage(randomMixed(805, "sigmoid", 5), "int8"),
  f16: () => withStorage(randomTextModel(806, 9), "f16"),
};

/** Gates and a new state of their own, in both reset forms, within a clip; H is not a multiple of four. */
function withActivations(seed: number): Network {
  const next = uniform(seed);
  const activations = { gateActivation: "hardSigmoid", newActivation: "softsign", clip: 0.4 } as const;
  const first = randomGru("first", ["input"], { inputSize: 3, hiddenSize: 6 }, next);
  const second = randomGru("second", ["first"], { inputSize: 6, hiddenSize: 5, resetAfter: false }, next);
  const head = randomDense("head", ["second", "first"], [11, 6], { name: "elu", alpha: 0.7 }, next);
  return defineNetwork({ layers: [{ ...first, ...activations }, { ...second, ...activations }, head] });
}

/** A simple layer and two LSTMs, of which the second has other activations and a clip, under a head. */
function withOtherCells(seed: number): Network {
  const next = uniform(seed);
  const functions = { gateActivation: "hardSigmoid", outputActivation: "softsign", clip: 0.4 } as const;
  return defineNetwork({
    layers: [
      randomRnn("simple", ["input"], { inputSize: 3, hiddenSize: 6, activation: "elu" }, next),
      randomLstm("first", ["simple"], { inputSize: 6, hiddenSize: 5 }, next),
      randomLstm("second", ["first", "simple"], { inputSize: 11, hiddenSize: 7, ...functions }, next),
      randomDense("head", ["second", "first"], [12, 6], "tanh", next),
    ],
  });
}

/** Dense layers with groups: of whole vec4s, and of others. */
function withGroups(seed: number): Network {
  const next = uniform(seed);
  return defineNetwork({
    layers: [
      randomGru("gru", ["input"], { inputSize: 3, hiddenSize: 24 }, next),
      randomDense("even", ["gru"], [24, 16], "tanh", next, 2),
      randomDense("odd", ["even", "gru"], [40, 15], "softmax", next, 5),
    ],
  });
}

/** Name of such a network. */
export type WholeNetworkName = keyof typeof WHOLE_NETWORKS;

/** The names, in order. */
export const WHOLE_NETWORK_NAMES = Object.keys(WHOLE_NETWORKS) as WholeNetworkName[];
