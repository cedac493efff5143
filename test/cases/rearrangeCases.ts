// Twin cases of rearrangements.

import type { RearrangeSpec } from "../../src/layers/rearrange.js";
import { defineNetwork } from "../../src/model/defineNetwork.js";
import { randomDense, randomGru, uniform } from "./random.js";
import type { TwinCase } from "./twinCase.js";

/** @param indexOf the input of output i */
function rearrangement(
  name: string,
  inputs: string[],
  [inputSize, outputSize]: [number, number],
  indexOf: (i: number) => number,
  fill = 0,
): RearrangeSpec {
  const indices = Float32Array.from({ length: outputSize }, (_, i) => indexOf(i));
  return { type: "rearrange", name, inputs, inputSize, outputSize, fill, indices };
}

/** [rows, columns] -> [columns, rows] */
const transposed = (rows: number, columns: number) => (i: number) => (i % rows) * columns + Math.floor(i / rows);

export const rearrangeCases: readonly TwinCase[] = [
  {
    id: "rearrange",
    name: "a transposition of two inputs, and a gather with gaps that are filled",
    batchSize: 3,
    sequenceLength: 11,
    network: () => {
      const next = uniform(930);
      const gru = randomGru("gru", ["input"], { inputSize: 7, hiddenSize: 8 }, next);
      const turned = rearrangement("turned", ["gru", "input"], [15, 15], transposed(3, 5));
      const gathered = rearrangement("gathered", ["turned"], [15, 37], (i) => Math.max(-1, ((i * 7) % 17) - 2), -0.75);
      const head = randomDense("head", ["gathered"], [37, 3], "linear", next);
      return defineNetwork({ layers: [gru, turned, gathered, head], outputs: ["head", "gathered", "turned"] });
    },
  },
  {
    id: "rearrange-runs",
    name: "a padding and a reversal of long runs, of the last step",
    batchSize: 2,
    sequenceLength: 5,
    returnSequences: false,
    network: () => {
      const next = uniform(931);
      const gru = randomGru("gru", ["input"], { inputSize: 3, hiddenSize: 130 }, next);
      const halves = rearrangement("halves", ["gru"], [130, 130], (i) => (i + 65) % 130);
      const padded = rearrangement("padded", ["halves"], [130, 197], (i) => (i < 33 || i >= 163 ? -1 : i - 33), 2.5);
      return defineNetwork({ layers: [gru, halves, padded], outputs: ["padded", "halves"] });
    },
  },
];
