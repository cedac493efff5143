import { createModel, type Network } from "webgru";
import { beforeAll, describe, expect, it } from "vitest";
import { withStorage } from "../../src/model/quantize.js";
import { gruLayers } from "../harness/gruLayers.js";
import { runReference } from "../harness/reference/runReference.js";
import { expectClose } from "../harness/close.js";
import { cpuForms, useCpuForm } from "../cases/cpuForms.js";
import { randomArray, randomInput, randomMixed, randomStack, randomTextModel, uniform } from "../cases/random.js";
import { expectRefusal } from "../harness/refusal.js";

// The goal for float32: values of a GRU lie in [-1, 1].
const TOLERANCE = { atol: 2e-6, rtol: 0 };

/** Lines of `explain` for each form; of the slow one, the reason too. */
const inWebAssembly = /^one step of one row: one call for each layer, of the WebAssembly module/;
const expectedForm = {
  "WebAssembly SIMD": inWebAssembly,
  "WebAssembly SIMD, relaxed": inWebAssembly,
  "plain JavaScript": /^one step of one row: one loop .*, because .*not in this test/,
};

const stacks = [
  { inputSize: 1, hiddenSizes: [1], resetAfter: true, batchSize: 1, sequenceLength: 1 },
  { inputSize: 3, hiddenSizes: [3], resetAfter: false, batchSize: 5, sequenceLength: 2 },
  { inputSize: 4, hiddenSizes: [7], resetAfter: true, batchSize: 17, sequenceLength: 33 },
  { inputSize: 2, hiddenSizes: [7, 3, 1], resetAfter: false, batchSize: 5, sequenceLength: 50 },
  { inputSize: 8, hiddenSizes: [64, 33, 7], resetAfter: true, batchSize: 5, sequenceLength: 20 },
  { inputSize: 9, hiddenSizes: [64], resetAfter: false, batchSize: 2, sequenceLength: 20 },
  { inputSize: 5, hiddenSizes: [33], resetAfter: false, batchSize: 1, sequenceLength: 300 },
];

describe.each(cpuForms)("the CPU in %s and the float64 reference", (form) => {
  beforeAll(() => useCpuForm(form));

  for (const [i, stack] of stacks.entries()) {
    const { inputSize, hiddenSizes, resetAfter, batchSize, sequenceLength } = stack;
    const shape = `I=${inputSize} H=${hiddenSizes.join(",")} B=${batchSize} T=${sequenceLength}`;
    it(`agree within 2e-6 for ${shape}, reset ${resetAfter ? "after" : "before"}`, async () => {
      await expectTwins(randomStack({ seed: 2000 + i, ...stack }), batchSize, sequenceLength);
    });
  }

  for (const activation of ["linear", "relu", "sigmoid", "tanh", "softmax", "logSoftmax"] as const) {
    it(`agree for concatenations, no biases, mixed resets and a ${activation} head`, async () => {
      await expectTwins(randomMixed(7, activation, 11), 3, 11);
    });
  }

  it("agree for an embedding, two layers and a softmax", async () => {
    await expectTwins(randomTextModel(9, 53), 5, 40);
  });
});

describe.each(cpuForms)("a model on the CPU in %s", (form) => {
  beforeAll(() => useCpuForm(form));

  const network = randomStack({ seed: 30, inputSize: 2, hiddenSizes: [3, 4], resetAfter: true });

  it("says what it is", async () => {
    const model = await createModel(randomTextModel(31, 9), { device: "cpu" });
    expect(model.device).toBe("cpu");
    expect(model.deviceName).toContain(form);
    expect(model.deviceReason).toBe("asked for");
    expect(model).toMatchObject({ inputSize: 1, outputSize: 9, vocabulary: null, notes: [] });
  });

  it("explains itself: device and reason, layers, notes, and how it runs", async () => {
    const model = await createModel({ ...randomMixed(32, "softmax", 4), notes: ["One.", "Two."] }, { device: "cpu" });
    const lines = model.explain().split("\n");
    expect(lines[0]).toBe(`device: cpu (${model.deviceName}); asked for`);
    expect(lines[1]).toMatch(/^model: \d+ parameters/);
    expect(lines[2]).toMatch(/^ {2}front: dense 5 -> 7 of \[input\], tanh/);
    expect(lines[3]).toMatch(/^ {2}first: gru 7 -> 6 of \[front\], .*reset before/);
    expect(lines[5]).toMatch(/^ {2}second: gru 14 -> 9 of \[first, input, side\], .*reset after/);
    expect(lines).toEqual(expect.arrayContaining(["note: One.", "note: Two."]));
    expect(lines.slice(-2)).toEqual([
      expect.stringMatching(expectedForm[form]),
      expect.stringMatching(/^100 steps of one row: one/),
    ]);
  });

  it("tells that int8 weights are float32 there, and gives the same bits as those", async () => {
    const narrow = withStorage(network, "int8");
    const wide = withStorage(narrow, "f32");
    const [model, same] = [narrow, wide].map((each) => createModel(each, { device: "cpu" }));
    expect((await model!).explain()).toContain("int8 weights: as float32");
    expect((await same!).explain()).not.toContain("int8");
    const input = randomInput(network, 5, 39);
    expect((await (await model!).run(input)).output).toEqual((await (await same!).run(input)).output);
  });

  it("starts every run from zeros, whatever ran before", async () => {
    const model = await createModel(network, { device: "cpu" });
    const input = randomInput(network, 5, 33);
    const first = await model.run(input);
    await model.run(input, { initialState: first.finalState });
    expect(await model.run(input)).toEqual(first);
  });

  it("goes on from a final state given as the initial state", async () => {
    const model = await createModel(network, { device: "cpu" });
    const input = randomInput(network, 6, 34);
    const whole = await model.run(input);
    const { finalState } = await model.run(input.slice(0, 4));
    const rest = await model.run(input.slice(4), { initialState: finalState });
    expect(rest.output).toEqual(whole.output.slice(2 * 4));
    expect(rest.finalState).toEqual(whole.finalState);
  });

  it("keeps runs apart that overlap", async () => {
    const model = await createModel(network, { device: "cpu" });
    const inputs = [35, 36, 37].map((seed) => randomInput(network, 5, seed));
    const together = await Promise.all(inputs.map((input) => model.run(input)));
    for (const [i, input] of inputs.entries()) expect(await model.run(input)).toEqual(together[i]);
  });

  it("takes a plain array and a float64 array for what they hold", async () => {
    const model = await createModel(network, { device: "cpu" });
    const input = randomInput(network, 5, 38);
    const expected = await model.run(input);
    expect(await model.run([...input])).toEqual(expected);
    expect(await model.run(Float64Array.from(input))).toEqual(expected);
  });

  for (const batchSize of [0, -1, 1.5, NaN]) {
    it(`refuses a batchSize of ${batchSize}`, async () => {
      const model = await createModel(network, { device: "cpu" });
      const message = `batchSize: expected a positive whole number, got ${batchSize}`;
      await expectRefusal(() => model.run([1, 2], { batchSize }), "shape-mismatch", message);
      await expectRefusal(() => model.createStream({ batchSize }), "shape-mismatch", message);
    });
  }

  it("refuses an input that is not whole steps of the batch", async () => {
    const model = await createModel(network, { device: "cpu" });
    await expectRefusal(
      () => model.run(new Float32Array(9), { batchSize: 3 }),
      "shape-mismatch",
      "input: expected a positive multiple of 6 elements (batchSize 3 x inputSize 2), got 9",
    );
  });

  it("refuses an initial state of the wrong length", async () => {
    const model = await createModel(network, { device: "cpu" });
    await expectRefusal(
      () => model.run([1, 2, 3, 4], { batchSize: 2, initialState: new Float32Array(7) }),
      "shape-mismatch",
      "initialState: expected 14 elements, [D, B, H] of each layer with a state, got 7",
    );
  });

  for (const value of [NaN, Infinity, 1e300]) {
    it(`refuses ${value} in an initial state`, async () => {
      const model = await createModel(network, { device: "cpu" });
      const initialState = [0, 0, value, 0, 0, 0, 0];
      await expectRefusal(
        () => model.run([1, 2], { initialState }),
        "bad-input",
        new RegExp(
          `^initialState: expected finite .*numbers, got ${value.toString().replace("+", "\\+")} at element 2`,
        ),
      );
    });
  }

  it("refuses to be used after dispose", async () => {
    const model = await createModel(network, { device: "cpu" });
    model.dispose();
    model.dispose();
    const message = "model: already disposed";
    await expectRefusal(() => model.run([1, 2]), "disposed", message);
    await expectRefusal(() => model.createStream(), "disposed", message);
  });

  it("is disposed by Symbol.dispose", async () => {
    const model = await createModel(network, { device: "cpu" });
    model[Symbol.dispose]();
    await expectRefusal(() => model.run([1, 2]), "disposed", /^model: /);
  });
});

/** Runs a network on the CPU and in float64, from a random state and input. */
async function expectTwins(network: Network, batchSize: number, sequenceLength: number): Promise<void> {
  const input = randomInput(network, batchSize * sequenceLength, 40);
  const stateLength = gruLayers(network).reduce((sum, { hiddenSize }) => sum + batchSize * hiddenSize, 0);
  const initialState = randomArray(stateLength, uniform(41));
  const expected = runReference(network, { input, batchSize, initialState });
  const model = await createModel(network, { device: "cpu" });
  const actual = await model.run(input, { batchSize, initialState });
  expectClose(actual.output, expected.output, TOLERANCE);
  expectClose(actual.finalState, expected.finalState, TOLERANCE);
}
