// Outputs that are read back on the CPU. test/browser/output.test.ts has the same on WebGPU.

import { describe, expect, it } from "vitest";
import { highest, topK } from "../../src/cpu/topK.js";
import { createModel } from "../../src/index.js";
import { outputCheckNames, outputChecks } from "../cases/outputRequests.js";
import { randomTextModel } from "../cases/random.js";
import { expectRefusal } from "../harness/refusal.js";

describe("an output that is asked for", () => {
  for (const name of outputCheckNames) {
    it(`${name}, on the CPU`, async () => {
      const { actual, expected } = await outputChecks[name]("cpu");
      expect(actual).toEqual(expected);
    });
  }

  it("has NaN first of the highest", () => {
    const pairs = new Float32Array(2 * 4);
    topK(Float32Array.of(1, NaN, Infinity, -Infinity, NaN, 2), 4, pairs);
    expect([...pairs].filter((_, i) => i % 2 === 1)).toEqual([NaN, NaN, Infinity, 2]);
    expect([...new Uint32Array(pairs.buffer)].filter((_, i) => i % 2 === 0)).toEqual([1, 4, 2, 5]);
  });

  it("has the highest in one order, however many there are", () => {
    const row = Float32Array.from({ length: 3000 }, (_, i) => (i === 7 ? NaN : (i * 37) % 100));
    expect(highest(row, 1500).slice(0, 1000)).toEqual(highest(row, 1000));
    expect(highest(row, 3)).toEqual([7, 27, 127]);
  });

  it("has the type of what comes", async () => {
    const model = await createModel(randomTextModel(1, 9), { device: "cpu" });
    const stream = model.createStream();
    const all: Float32Array = await stream.push([1]);
    const nothing: undefined = await stream.push([1], { output: "none" });
    const indices: Uint32Array = (await stream.push([1], { output: { topK: 2 } })).indices;
    const values: Float32Array = (await model.run([1], { output: { topK: 2 } })).output.values;
    expect([all.length, nothing, indices.length, values.length]).toEqual([9, undefined, 2, 2]);
  });

  it("is refused as an option that no one asked for", async () => {
    const stream = (await createModel(randomTextModel(1, 9), { device: "cpu" })).createStream();
    const misspelt = { outputs: "none" } as object;
    await expectRefusal(() => stream.push([1], misspelt), "unsupported", 'options: expected output, got "outputs"');
  });
});
