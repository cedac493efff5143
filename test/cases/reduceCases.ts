// Twin cases of reductions.

import { type ReduceSpec, type Reduction, REDUCTIONS } from "../../src/layers/reduce.js";
import { defineNetwork } from "../../src/model/defineNetwork.js";
import { randomDense, randomGru, uniform } from "./random.js";
import type { TwinCase } from "./twinCase.js";

function reduction(
  name: string,
  input: string,
  inputShape: readonly number[],
  axes: readonly number[],
  operation: Reduction,
): ReduceSpec {
  return { type: "reduce", name, inputs: [input], inputShape, axes, operation };
}

/** Along the last axis, the first one, two that are no neighbours, and all. */
const operations: TwinCase[] = REDUCTIONS.map((operation, i) => ({
  id: `reduce-${operation}`,
  name: `${operation} along every axis of [3, 5, 7]`,
  batchSize: 3,
  sequenceLength: 5,
  network: () => {
    const shape = [3, 5, 7];
    const dense = randomDense("dense", ["input"], [6, 105], "linear", uniform(960 + i));
    const layers = [[2], [1], [0], [0, 2], [2, 1], [0, 1, 2]].map((axes) =>
      reduction(`along${axes.join("")}`, "dense", shape, axes, operation),
    );
    const weight = dense.weight.map((value) => 4 * value);
    return defineNetwork({ layers: [{ ...dense, weight }, ...layers], outputs: layers.map(({ name }) => name) });
  },
}));

export const reduceCases: readonly TwinCase[] = [
  ...operations,
  {
    id: "reduce-long",
    name: "reductions of long lines, which several invocations share, of the last step",
    batchSize: 2,
    sequenceLength: 4,
    returnSequences: false,
    network: () => {
      const next = uniform(970);
      const gru = randomGru("gru", ["input"], { inputSize: 3, hiddenSize: 18 }, next);
      const dense = randomDense("dense", ["gru"], [18, 2 * 9 * 71], "linear", next);
      const layers = REDUCTIONS.flatMap((operation) => [
        reduction(`${operation}_all`, "dense", [1278], [0], operation),
        reduction(`${operation}_some`, "dense", [2, 71, 9], [1], operation),
      ]);
      return defineNetwork({ layers: [gru, dense, ...layers], outputs: layers.map(({ name }) => name) });
    },
  },
  {
    id: "reduce-large",
    name: "softmax of lines that exp cannot take, each by itself",
    batchSize: 1,
    sequenceLength: 2,
    network: () => {
      const dense = randomDense("dense", ["input"], [2, 3 * 90], "linear", uniform(971));
      // Whole numbers without rounding: the weights are zero. Past 88 exp overflows, below -104 it gives zero.
      const bias = Float32Array.from({ length: 270 }, (_, i) => [100, -150, 0][Math.floor(i / 90)]! + (i % 90) / 2);
      const layers = (["softmax", "logSoftmax"] as const).map((name) => reduction(name, "dense", [3, 90], [1], name));
      return defineNetwork({
        layers: [{ ...dense, weight: dense.weight.map(() => 0), bias }, ...layers],
        outputs: ["softmax", "logSoftmax"],
      });
    },
  },
];
