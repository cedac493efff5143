// A list of rows as the input of a run: the same as their batch, laid out by hand.

import { createModel, defineNetwork, type GruModel } from "webgru";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { randomDense, randomEmbedding, randomGru, uniform } from "../cases/random.js";
import { expectRefusal } from "../harness/refusal.js";

const [first, second, third] = [
  [1, 2, 3, 4, 5, 6],
  [7, 8],
  [9, 10, 11, 12],
] as const;
const next = uniform(41);
let model: GruModel;

beforeAll(async () => {
  const layers = [
    randomGru("gru", ["input"], { inputSize: 2, hiddenSize: 3 }, next),
    randomDense("head", ["gru"], [3, 2], "linear", next),
  ];
  model = await createModel(defineNetwork({ layers }), { device: "cpu" });
});
afterAll(() => model.dispose());

describe("a list of rows", () => {
  it("is run as a batch of their own lengths", async () => {
    const rows = await model.run([first, Float32Array.from(second), third]);
    // [T, B, I]
    const input = [1, 2, 7, 8, 9, 10, 3, 4, 0, 0, 11, 12, 5, 6, 0, 0, 0, 0];
    expect(rows).toEqual(await model.run(input, { batchSize: 3, lengths: [3, 1, 2] }));
  });

  it("may be of frames", async () => {
    const frames = [
      [[1, 2], Float32Array.of(3, 4), [5, 6]],
      [[7, 8]],
      [
        [9, 10],
        [11, 12],
      ],
    ];
    expect(await model.run(frames)).toEqual(await model.run([first, second, third]));
  });

  it("gives each row what it gives alone", async () => {
    const { output, finalState } = await model.run([second, third], { returnSequences: false });
    const alone = await model.run(third, { returnSequences: false });
    expect([...output.subarray(2)]).toEqual([...alone.output]);
    expect([...finalState.subarray(3)]).toEqual([...alone.finalState]);
  });

  it("needs no lengths where its rows are equally long", async () => {
    const { output } = await model.run([second, [5, 6]]);
    expect(output).toEqual((await model.run([7, 8, 5, 6], { batchSize: 2 })).output);
  });

  it("may have a row without steps", async () => {
    const { finalState } = await model.run([first, []]);
    expect([...finalState.subarray(3)]).toEqual([0, 0, 0]);
  });

  it("may be of indices", async () => {
    const layers = [
      randomEmbedding("words", [5, 2], next),
      randomGru("gru", ["words"], { inputSize: 2, hiddenSize: 3 }, next),
    ];
    const words = await createModel(defineNetwork({ layers }), { device: "cpu" });
    const { output } = await words.run([[1, 2, 3], [4]]);
    expect(output).toEqual((await words.run([1, 4, 2, 0, 3, 0], { batchSize: 2, lengths: [3, 1] })).output);
    await expectRefusal(() => words.run([[1], [5]]), "bad-input", /an index in \[0, 5\).*got 5/);
  });

  it("is refused where a row is none", async () => {
    await expectRefusal(
      () => model.run([first, [1]]),
      "shape-mismatch",
      "input[1]: expected a multiple of 2 elements (inputSize 2), got 1",
    );
    await expectRefusal(
      () => model.run([first, 5] as never),
      "shape-mismatch",
      /^input\[1\]: expected an array of numbers, got the number 5/,
    );
    await expectRefusal(
      () => model.run([first, ["a", "b"]] as never),
      "bad-input",
      /^input\[1\]: expected a number at element 0/,
    );
    await expectRefusal(
      () => model.run([[[1, 2], 3]] as never),
      "shape-mismatch",
      /^input\[0\]\[1\]: expected an array/,
    );
    await expectRefusal(() => model.run([[], []]), "shape-mismatch", /^input: expected a positive multiple/);
  });

  it("is refused beside options that it says itself", async () => {
    await expectRefusal(
      () => model.run([second], { batchSize: 1 }),
      "shape-mismatch",
      /^batchSize: expected none beside a list of rows/,
    );
    await expectRefusal(
      () => model.run([second], { lengths: [1] }),
      "shape-mismatch",
      /^lengths: expected none beside a list of rows/,
    );
  });
});
