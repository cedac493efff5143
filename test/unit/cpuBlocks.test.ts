// Weights that are zero but for some blocks: the CPU leaves those out, and gives what it gives of the same weights in panels.

import { createModel, defineNetwork, type Network, type Storage } from "webgru";
import { describe, expect, it } from "vitest";
import { cpuForms, useCpuForm } from "../cases/cpuForms.js";
import { randomArray, randomGru, randomInput, uniform } from "../cases/random.js";
import { expectClose } from "../harness/close.js";
import { runReference } from "../harness/reference/runReference.js";
import { withStorage } from "../../src/model/quantize.js";

const TOLERANCE = { atol: 2e-6, rtol: 0 };
const fastForms = cpuForms.filter((form) => form !== "plain JavaScript");

/** A GRU of 24 units, whose rows are no multiple of 16, and a dense layer. Every third row of blocks has fewer, or none at all. */
function blockNetwork(density: number, resetAfter = true, inputSize = 12): Network {
  const next = uniform(71);
  const gru = randomGru("gru", ["input"], { inputSize, hiddenSize: 24, resetAfter }, next);
  const dense = { weight: randomArray(8 * 24, next), bias: randomArray(8, next) };
  return defineNetwork({
    layers: [
      { ...gru, weight: prune(gru.weight, inputSize), recurrentWeight: prune(gru.recurrentWeight, 24) },
      { type: "dense", name: "head", inputs: ["gru"], inputSize: 24, outputSize: 8, ...dense },
    ],
  });

  function prune(weight: Float32Array, numColumns: number): Float32Array {
    const pruned = weight.slice();
    for (let row = 0; row * numColumns < weight.length; row += 8) {
      for (let column = 0; column < numColumns; column += 4) {
        if (next() < (row % 24 === 16 ? density - 0.5 : density)) continue;
        for (let i = row; i < row + 8; i++) {
          pruned.fill(0, i * numColumns + column, i * numColumns + column + Math.min(4, numColumns - column));
        }
      }
    }
    return pruned;
  }
}

describe.each(fastForms)("weights with blocks of zeros in %s", (form) => {
  for (const resetAfter of [true, false]) {
    for (const storage of ["f32", "f16", "int8"] as const satisfies Storage[]) {
      it(`give the reference's numbers, reset ${resetAfter ? "after" : "before"}, ${storage}`, async () => {
        useCpuForm(form);
        const network = withStorage(blockNetwork(0.5, resetAfter), storage);
        const input = randomInput(network, 3 * 20, 72);
        const model = await createModel(network, { device: "cpu" });
        expect(model.explain()).toMatch(/\nweights skipped, in blocks of zeros, 8 rows by 4 columns: gru [4-9]\d %$/);
        const expected = runReference(network, { input, batchSize: 3 });
        const actual = await model.run(input, { batchSize: 3 });
        expectClose(actual.output, expected.output, TOLERANCE);
        expectClose(actual.finalState, expected.finalState, TOLERANCE);
      });
    }
  }

  it("give each row of a batch, bit for bit, what the row gives alone", async () => {
    useCpuForm(form);
    const network = blockNetwork(0.4);
    const model = await createModel(network, { device: "cpu" });
    const input = randomInput(network, 37, 73);
    const { output } = await model.run(input, { batchSize: 37 });
    for (let row = 0; row < 37; row++) {
      const { output: alone } = await model.run(input.slice(12 * row, 12 * (row + 1)));
      expect(alone).toEqual(output.slice(8 * row, 8 * (row + 1)));
    }
  });

  it("stay whole where few blocks are zero, and where blocks would not be whole", async () => {
    useCpuForm(form);
    for (const network of [blockNetwork(0.95), withoutRecurrentZeros(blockNetwork(0.3, true, 10))]) {
      const model = await createModel(network, { device: "cpu" });
      expect(model.explain()).not.toContain("skipped");
    }
  });
});

/** Ones in the recurrent weight: only the input's, of ten columns, has zeros. */
function withoutRecurrentZeros({ layers }: Network): Network {
  const [gru, head] = layers as [ReturnType<typeof randomGru>, Network["layers"][number]];
  return defineNetwork({ layers: [{ ...gru, recurrentWeight: gru.recurrentWeight.map((w) => w || 1) }, head] });
}

it("tell nothing in plain JavaScript, which multiplies by all of them", async () => {
  useCpuForm("plain JavaScript");
  const model = await createModel(blockNetwork(0.3), { device: "cpu" });
  expect(model.explain()).not.toContain("skipped");
});
