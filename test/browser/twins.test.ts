// WebGPU against the float64 reference, at awkward sizes. Every value of the goal appears at least once:
// one and three layers, both reset forms, H 1 3 7 33 64 127 192 256 513, B 1 5 17, T 1 to 1000.

import { describe, it } from "vitest";
import { expectIsClose } from "../close.js";
import { openPage } from "./page.js";

const stacks = [
  { inputSize: 1, hiddenSizes: [1], resetAfter: true, batchSize: 1, sequenceLength: 1 },
  { inputSize: 3, hiddenSizes: [3], resetAfter: false, batchSize: 5, sequenceLength: 2 },
  { inputSize: 4, hiddenSizes: [7], resetAfter: true, batchSize: 17, sequenceLength: 33 },
  { inputSize: 2, hiddenSizes: [7, 3, 1], resetAfter: false, batchSize: 5, sequenceLength: 50 },
  { inputSize: 17, hiddenSizes: [33], resetAfter: true, batchSize: 1, sequenceLength: 1000 },
  { inputSize: 5, hiddenSizes: [33], resetAfter: false, batchSize: 1, sequenceLength: 1000 },
  { inputSize: 8, hiddenSizes: [64, 33, 7], resetAfter: true, batchSize: 5, sequenceLength: 100 },
  { inputSize: 9, hiddenSizes: [64], resetAfter: false, batchSize: 17, sequenceLength: 20 },
  { inputSize: 31, hiddenSizes: [127], resetAfter: true, batchSize: 5, sequenceLength: 40 },
  { inputSize: 6, hiddenSizes: [127], resetAfter: false, batchSize: 1, sequenceLength: 77 },
  { inputSize: 64, hiddenSizes: [192], resetAfter: true, batchSize: 1, sequenceLength: 150 },
  { inputSize: 12, hiddenSizes: [192], resetAfter: false, batchSize: 1, sequenceLength: 60 },
  { inputSize: 40, hiddenSizes: [256, 64, 256], resetAfter: true, batchSize: 1, sequenceLength: 65 },
  { inputSize: 16, hiddenSizes: [256], resetAfter: false, batchSize: 5, sequenceLength: 10 },
  { inputSize: 7, hiddenSizes: [513], resetAfter: true, batchSize: 1, sequenceLength: 20 },
  { inputSize: 10, hiddenSizes: [513], resetAfter: false, batchSize: 1, sequenceLength: 9 },
];

describe("WebGPU and the float64 reference", () => {
  for (const [i, stack] of stacks.entries()) {
    const { inputSize, hiddenSizes, resetAfter, batchSize, sequenceLength } = stack;
    const shape = `I=${inputSize} H=${hiddenSizes.join(",")} B=${batchSize} T=${sequenceLength}`;
    it(`agree within 2e-6 for ${shape}, reset ${resetAfter ? "after" : "before"}`, async () => {
      const page = await openPage();
      const { output, finalState } = await page.evaluate(
        ({ seed, ...shapes }) => {
          const network = harness.random.randomStack({ seed, ...shapes });
          return harness.twin({ network, ...shapes, seed: seed + 100 });
        },
        { seed: 1000 + i, ...stack },
      );
      expectIsClose(output);
      expectIsClose(finalState);
    });
  }

  for (const activation of ["linear", "relu", "sigmoid", "tanh", "softmax", "logSoftmax"] as const) {
    it(`agree for concatenations, no biases, mixed resets and a ${activation} head`, async () => {
      const page = await openPage();
      const { output, finalState } = await page.evaluate((headActivation) => {
        // 70 outputs: more than one workgroup of the softmax, and not a multiple of four.
        const network = harness.random.randomMixed(7, headActivation, 70);
        return harness.twin({ network, batchSize: 3, sequenceLength: 11, seed: 8 });
      }, activation);
      expectIsClose(output);
      expectIsClose(finalState);
    });
  }

  it("agree for an embedding, two layers and a softmax", async () => {
    const page = await openPage();
    const { output, finalState } = await page.evaluate(() => {
      const network = harness.random.randomTextModel(9, 53);
      return harness.twin({ network, batchSize: 5, sequenceLength: 40, seed: 10 });
    });
    expectIsClose(output);
    expectIsClose(finalState);
  });
});
