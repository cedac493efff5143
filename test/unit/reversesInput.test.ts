// A network that sees its input last step first.

import { createModel, defineNetwork, type Network } from "webgru";
import { describe, expect, it } from "vitest";
import { buildNetwork } from "../../src/formats/description.js";
import { takeGeneration } from "../../src/model/generative.js";
import { reverseSteps } from "../../src/model/reverseSteps.js";
import { runReference } from "../harness/reference/runReference.js";
import { randomArray, randomGru, uniform } from "../cases/random.js";
import { expectRefusal } from "../harness/refusal.js";

const [numSteps, batchSize, inputSize] = [5, 3, 2];
const layer = randomGru("gru", ["input"], { inputSize, hiddenSize: 4 }, uniform(31));
const input = randomArray(numSteps * batchSize * inputSize, uniform(32));
const lengths = [5, 2, 0];

describe("reversesInput", () => {
  it("turns a row's steps round, up to its length", () => {
    const turned = reverseSteps(Float32Array.of(1, 10, 2, 20, 3, 30), 2, 1, [3, 2]);
    expect([...turned]).toEqual([3, 20, 2, 10, 1, 30]);
  });

  it("turns steps of several features round", () => {
    expect([...reverseSteps(Float32Array.of(1, 2, 3, 4, 5, 6), 1, 2, null)]).toEqual([5, 6, 3, 4, 1, 2]);
  });

  for (const rowLengths of [null, lengths]) {
    it(`runs as on an input turned round by hand, ${rowLengths ? "with" : "without"} lengths`, async () => {
      const turned = reverseSteps(input, batchSize, inputSize, rowLengths);
      const options = { batchSize, ...(rowLengths && { lengths: rowLengths }) };
      const straight = await run(network(false), turned, options);
      expect(await run(network(true), input, options)).toEqual(straight);
      expect(straight).not.toEqual(await run(network(false), input, options));
    });
  }

  it("leaves the caller's input as it is", async () => {
    const before = input.slice();
    await run(network(true), input, { batchSize });
    expect(input).toEqual(before);
  });

  it("is what the reference does too", async () => {
    const { output } = runReference(network(true), { input, batchSize, lengths });
    const own = (await run(network(true), input, { batchSize, lengths })).output;
    own.forEach((value, i) => expect(Math.abs(value - output[i]!)).toBeLessThan(2e-6));
  });

  it("has no streams", async () => {
    const model = await createModel(network(true), { device: "cpu" });
    await expectRefusal(
      () => model.createStream(),
      "unsupported",
      'layer "input": expected one that a stream can step through, got direction "reverse"; use run, which sees the whole sequence',
    );
  });

  it("does not generate", async () => {
    const embedding = {
      type: "embedding",
      name: "table",
      numEmbeddings: 4,
      embeddingSize: 2,
      weight: new Float32Array(8),
    };
    const head = { type: "dense", name: "head", inputSize: 4, outputSize: 4, weight: new Float32Array(16) };
    const layers = [embedding, { ...layer, inputs: ["table"] }, head] as Network["layers"];
    await expectRefusal(
      () => takeGeneration(defineNetwork({ layers, reversesInput: true }), { prompt: [1], length: 1 }),
      "unsupported",
      "generate: expected forward layers only, got reversesInput",
    );
  });

  it("may be said by a description", async () => {
    const { weight, recurrentWeight, hiddenSize } = layer;
    const tensors = new Map([
      ["gru.weight", { shape: [3 * hiddenSize, inputSize], values: weight, storage: "f32" as const }],
      [
        "gru.recurrentWeight",
        { shape: [3 * hiddenSize, hiddenSize], values: recurrentWeight, storage: "f32" as const },
      ],
    ]);
    const layers = [{ type: "gru" as const, name: "gru", inputSize, hiddenSize }];
    expect(buildNetwork({ layers, reversesInput: true }, tensors).reversesInput).toBe(true);
    expect(buildNetwork({ layers }, tensors).reversesInput).toBe(false);
    await expectRefusal(
      () => buildNetwork({ layers, reversesInput: 1 as unknown as boolean }, tensors),
      "bad-file",
      "description.reversesInput: expected true or false, got 1",
    );
  });
});

function network(reversesInput: boolean): Network {
  return defineNetwork({ layers: [layer], reversesInput });
}

async function run(of: Network, values: Float32Array, options: object) {
  const model = await createModel(of, { device: "cpu" });
  return model.run(values, options);
}
