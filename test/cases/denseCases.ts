// Twin cases of dense layers with groups.

import { defineNetwork } from "../../src/model/defineNetwork.js";
import { withStorage } from "../../src/model/quantize.js";
import { randomDense, randomGru, uniform } from "./random.js";
import type { TwinCase } from "./twinCase.js";

export const denseCases: readonly TwinCase[] = [
  {
    id: "dense-groups",
    name: "dense layers of groups, of whole vec4s and of others",
    batchSize: 3,
    sequenceLength: 7,
    network: () => {
      const next = uniform(980);
      const gru = randomGru("gru", ["input"], { inputSize: 5, hiddenSize: 48 }, next);
      const layers = [
        randomDense("even", ["gru"], [48, 40], "tanh", next, 2),
        randomDense("small", ["gru"], [48, 16], "relu", next, 4),
        randomDense("odd", ["gru"], [48, 18], { name: "leakyRelu", alpha: 0.3 }, next, 6),
        randomDense("single", ["gru"], [48, 48], "linear", next, 48),
        randomDense("row", ["gru"], [48, 24], "softmax", next, 3),
      ];
      return defineNetwork({ layers: [gru, ...layers], outputs: layers.map(({ name }) => name) });
    },
  },
  {
    id: "dense-groups-int8",
    name: "dense layers of groups in int8, of the last step",
    batchSize: 2,
    sequenceLength: 3,
    returnSequences: false,
    network: () => {
      const next = uniform(981);
      const layers = [
        randomDense("even", ["input"], [24, 56], "tanh", next, 2),
        randomDense("odd", ["even"], [56, 21], "linear", next, 7),
      ];
      return withStorage(defineNetwork({ layers, outputs: ["odd", "even"] }), "int8");
    },
  },
];
