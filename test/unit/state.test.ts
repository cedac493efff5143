// On WebGPU, and in a worker: test/browser/state.test.ts.

import { createModel, defineNetwork } from "webgru";
import { beforeAll, describe, expect, it } from "vitest";
import { joinState, splitState, takeState } from "../../src/model/state.js";
import { cpuForms, useCpuForm } from "../cases/cpuForms.js";
import { decodeFromEncoder } from "../cases/encoderDecoder.js";
import { randomArray, randomDense, randomGru, randomStack, uniform } from "../cases/random.js";
import { expectRefusal } from "../harness/refusal.js";

describe.each(cpuForms)("the state of an encoder, on the CPU in %s", (form) => {
  beforeAll(() => useCpuForm(form));

  it("starts a decoder", async () => {
    const comparisons = await decodeFromEncoder((network) => createModel(network, { device: "cpu" }));
    expect(Object.entries(comparisons).filter(([, { isClose }]) => !isClose)).toEqual([]);
  });
});

const bothWays = { inputSize: 2, hiddenSize: 3, direction: "bidirectional" } as const;
const network = defineNetwork({
  layers: [
    { ...randomGru("a", ["input"], bothWays, uniform(1)), initialState: Float32Array.of(1, 2, 3, 4, 5, 6) },
    randomGru("b", ["a"], { inputSize: 6, hiddenSize: 2 }, uniform(2)),
  ],
});

describe("a state by name", () => {
  it("is one array with the rows of each direction side by side", () => {
    const a = Array.from({ length: 12 }, (_, i) => 10 + i);
    expect([...takeState(network, { "a.h": a, "b.h": [1, 2, 3, 4] }, 2, "reject")]).toEqual([...a, 1, 2, 3, 4]);
  });

  it("begins as it does without where a block is left out, and takes a row for all", () => {
    const own = [1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6];
    expect([...takeState(network, {}, 2, "reject")]).toEqual([...own, 0, 0, 0, 0]);
    expect([...takeState(network, { "b.h": [8, 9] }, 2, "reject")]).toEqual([...own, 8, 9, 8, 9]);
    const a = [10, 11, 12, 13, 14, 15];
    const shared = [10, 11, 12, 10, 11, 12, 13, 14, 15, 13, 14, 15];
    expect([...takeState(network, { "a.h": a, "b.h": undefined } as never, 2, "reject")]).toEqual([
      ...shared,
      0,
      0,
      0,
      0,
    ]);
  });

  it("comes apart by rows, and together again", () => {
    const state = randomArray(3 * 8, uniform(3));
    const rows = splitState(network, state, 3);
    expect([...rows[1]!]).toEqual([3, 4, 5, 12, 13, 14, 20, 21].map((i) => state[i]));
    expect(joinState(network, rows)).toEqual(state);
  });

  it("has its shape in the model, and its values in views of the final state", async () => {
    const model = await createModel(network, { device: "cpu" });
    expect(model.stateShapes).toEqual({ "a.h": [2, 3], "b.h": [1, 2] });
    const { finalState, finalStates } = await model.run([1, 2, 3, 4], { batchSize: 2 });
    expect(finalStates).toEqual({ "a.h": finalState.slice(0, 12), "b.h": finalState.slice(12) });
    const without = await model.run([1, 2], { returnState: false });
    expect(without.finalStates).toEqual({});
  });
});

describe("a state that is none", () => {
  const cases: [given: unknown, code: string, message: string][] = [
    [{ a: [1] }, "unsupported", 'initialState: expected a.h, b.h, got "a"'],
    [
      { "a.h": [1] },
      "shape-mismatch",
      'initialState "a.h": expected 12 elements, [2, 2, 3], or 6 for all rows alike, got 1',
    ],
    [
      { "b.h": [[1], [2]] },
      "bad-input",
      'initialState "b.h": expected a number at element 0, got an array; flatten the input',
    ],
    [{ "b.h": null }, "shape-mismatch", 'initialState "b.h": expected an array of numbers, got null'],
    [
      { "b.h": [0, 1, Infinity, 0] },
      "bad-input",
      'initialState "b.h": expected finite float32 numbers, got Infinity at element 2',
    ],
    [new Map([["b.h", [0, 1]]]), "shape-mismatch", "initialState: expected an array of numbers, got a Map"],
    [[1, 2], "shape-mismatch", "initialState: expected 16 elements, [D, B, H] of each layer with a state, got 2"],
  ];
  it.each(cases)("is refused by block: %o", async (given, code, message) => {
    const model = await createModel(network, { device: "cpu" });
    await expectRefusal(
      () => model.run([1, 2, 3, 4], { batchSize: 2, initialState: given as never }),
      code as never,
      message,
    );
  });

  it("is refused in createStream and generate too, and where no layer has a state", async () => {
    const stack = await createModel(randomStack({ seed: 4, inputSize: 2, hiddenSizes: [3], resetAfter: true }), {
      device: "cpu",
    });
    expect(() => stack.createStream({ initialState: { "gru0.h": [1, 2] } })).toThrow(
      'initialState "gru0.h": expected 3 elements, [1, 1, 3], got 2',
    );
    const dense = defineNetwork({ layers: [randomDense("dense", ["input"], [2, 2], "tanh", uniform(5))] });
    const model = await createModel(dense, { device: "cpu" });
    expect(() => model.createStream({ initialState: { "dense.h": [1] } })).toThrow(
      'initialState: expected no name, since no layer keeps a state, got "dense.h"',
    );
    expect(await model.createStream({ initialState: {} }).state()).toEqual({});
  });
});
