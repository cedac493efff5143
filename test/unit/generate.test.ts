import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createModel, defineNetwork, type Layer, type Network, parseModel } from "webgru";
import { sample as sampleOnCpu } from "../../src/cpu/sample.js";
import type { GruErrorCode } from "../../src/errors.js";
import { randomNumber } from "../../src/model/randomNumber.js";
import { generatedStepsFor } from "../../src/plan/budget.js";
import { sample } from "../harness/reference/sample.js";
import { generateTokens, referenceTokens } from "../cases/generation.js";
import { projectRoot } from "../harness/library.js";
import { randomDense, randomEmbedding, randomGru, randomMixed, randomTextModel, uniform } from "../cases/random.js";
import { expectRefusal } from "../harness/refusal.js";
import { TRAINED_MODEL } from "../files/trainedModel.js";
import { twinCases } from "../cases/twinCases.js";

const NUM_DRAWS = 10_000;

describe("randomNumber", () => {
  // 99.99 % of what chi-square with 99 degrees of freedom gives is below 161.
  it.each([
    ["positions", (i: number) => randomNumber(1, 0, i)],
    ["streams", (i: number) => randomNumber(1, i, 0)],
    ["seeds", (i: number) => randomNumber(i, 0, 0)],
    ["streams and positions", (i: number) => randomNumber(0, i % 100, Math.floor(i / 100))],
  ])("fills [0, 1) evenly over %s", (_, draw) => {
    const counts = Array.from({ length: 100 }, () => 0);
    for (let i = 0; i < NUM_DRAWS; i++) counts[Math.floor(100 * draw(i))]!++;
    const chiSquare = counts.reduce((sum, count) => sum + (count - NUM_DRAWS / 100) ** 2 / (NUM_DRAWS / 100), 0);
    expect(chiSquare).toBeLessThan(161);
  });

  it("says nothing of the next one: pairs fill the square evenly", () => {
    const counts = Array.from({ length: 100 }, () => 0);
    for (let i = 0; i < NUM_DRAWS; i++) counts[10 * tenthAt(i) + tenthAt(i + 1)]!++;
    const chiSquare = counts.reduce((sum, count) => sum + (count - NUM_DRAWS / 100) ** 2 / (NUM_DRAWS / 100), 0);
    expect(chiSquare).toBeLessThan(161);
  });

  it("is a float32", () => {
    for (let i = 0; i < 100; i++) expect(Math.fround(randomNumber(9, 9, i))).toBe(randomNumber(9, 9, i));
  });
});

function tenthAt(position: number): number {
  return Math.floor(10 * randomNumber(3, 0, position));
}

describe("the cases that draw tokens", () => {
  const cases = twinCases.filter(({ generation }) => generation !== undefined);
  it.each(cases)("leave rounding nothing to decide: $name", ({ generation, network }) => {
    expect(referenceTokens(network(), generation!).margin).toBeGreaterThan(1e-5);
  });
});

describe("a draw", () => {
  const probabilities = [0.1, 0.3, 0, 0.3, 0.25, 0.05];
  const both = (temperature: number, topK: number, topP: number, position: number) => {
    const options = { temperature, topK, topP, seed: 5 };
    const request = { ...options, areProbabilities: true, stream: 0, position };
    const onCpu = sampleOnCpu(Float32Array.from(probabilities), true, options, 0, position);
    return [onCpu, sample(Float64Array.from(probabilities), request).token];
  };

  // In the order of the probabilities: 0.3, 0.3, 0.25, 0.1, 0.05, 0.
  it.each([
    [1, 6, 1, 6],
    [0.5, 6, 1, 6],
    [2, 6, 1, 6],
    [1, 3, 1, 3],
    [1, 1, 1, 1],
    [1e-30, 6, 1, 6],
    [1e30, 4, 1, 4],
    [1, 6, 0.29, 1],
    [1, 6, 0.31, 2], // the token that crosses the sum is in
    [1, 6, 0.86, 4],
    [1, 6, 0.9499, 4],
    [1, 3, 0.71, 3], // of 0.85 that topK has left: 0.3 + 0.3 are 0.706 of it
    [1, 3, 0.7, 2],
    [0.5, 6, 0.7, 2], // of the squares, which sum up to 0.255: 0.09 + 0.09 are 0.706 of it
    [1e30, 5, 0.5, 3], // of five alike
    [1, 1, 0.5, 1],
  ])("takes each token as often as p^(1/T) says: T = %d, topK = %d, topP = %d", (temperature, topK, topP, numKept) => {
    const kept = [1, 3, 4, 0, 5, 2].slice(0, numKept);
    const weights = probabilities.map((p, i) => (kept.includes(i) ? (p / 0.3) ** (1 / temperature) : 0));
    const total = weights.reduce((a, b) => a + b);
    const counts = probabilities.map(() => 0);
    for (let position = 0; position < NUM_DRAWS; position++) {
      const [onCpu, reference] = both(temperature, topK, topP, position);
      expect(onCpu).toBe(reference);
      counts[onCpu!]!++;
    }
    weights.forEach((weight, i) => {
      const p = weight / total;
      const deviation = Math.sqrt(NUM_DRAWS * p * (1 - p));
      expect(Math.abs(counts[i]! - NUM_DRAWS * p), `token ${i}`).toBeLessThanOrEqual(4 * deviation);
    });
  });
});

describe("generate on the CPU", () => {
  it.each([
    ["takes the reference's likeliest character, 500 times", { length: 500, temperature: 0 }],
    ["takes the likeliest of one, too", { length: 50, temperature: 2, topK: 1 }],
    ["draws the reference's characters", { length: 400, temperature: 0.9, topP: 0.95, seed: 2 }],
  ])("%s, with the trained model", async (_, request) => {
    const network = await parseModel(new Uint8Array(readFileSync(`${projectRoot}${TRAINED_MODEL}.safetensors`)));
    const model = await createModel(network, { device: "cpu" });
    const prompt = [..."In the beginning"].map((character) => network.vocabulary!.indexOf(character));
    const { tokens, margin } = referenceTokens(network, { prompt, ...request });
    expect(margin).toBeGreaterThan(1e-5);
    expect(await generateTokens(model, { prompt, ...request })).toEqual(tokens);
  });

  it("gives a seed's text whatever the other streams, and other texts beside it", async () => {
    const model = await createModel(randomTextModel(140, 30), { device: "cpu" });
    const options = { prompt: [4], length: 40, seed: 12 };
    const alone = await generateTokens(model, options);
    const many = await generateTokens(model, { ...options, streams: 5 });
    const streamOf = (stream: number) => many.filter((_, i) => i % 5 === stream);
    expect(streamOf(0)).toEqual(alone);
    expect(streamOf(1)).not.toEqual(alone);
    expect(await generateTokens(model, { ...options, seed: 13 })).not.toEqual(alone);
    const sameDraw = { prompt: [4], length: 40, temperature: 1, seed: 12, topK: 99, topP: 1 };
    expect(await generateTokens(model, sameDraw)).toEqual(alone);
  });

  it("yields one token of each stream for each position", async () => {
    const model = await createModel(randomTextModel(141, 30), { device: "cpu" });
    const steps = [];
    for await (const tokens of model.generate({ prompt: [4], length: 3, streams: 2 })) steps.push(tokens);
    expect(steps.map(({ length }) => length)).toEqual([2, 2, 2]);
    expect(steps[0]).toBeInstanceOf(Uint32Array);
  });

  it("leaves others their turn", async () => {
    const model = await createModel(randomTextModel(142, 30), { device: "cpu" });
    let isTurn = false;
    setTimeout(() => (isTurn = true));
    for await (const _ of model.generate({ prompt: [4], length: 10 ** 6 })) if (isTurn) break;
    expect(isTurn).toBe(true);
  });

  it("is refused by a model that is gone", async () => {
    const model = await createModel(randomTextModel(143, 30), { device: "cpu" });
    const begun = model.generate({ prompt: [4], length: 10 });
    await begun.next();
    const gone = "model: already disposed";
    model.dispose();
    await expectRefusal(() => begun.next(), "disposed", gone);
    await expectRefusal(() => model.generate({ prompt: [4], length: 10 }), "disposed", gone);
  });
});

describe("generate refuses", () => {
  const good = { prompt: [1], length: 5 };
  const refusals: [what: string, options: object, code: GruErrorCode, message: string][] = [
    ["no length", { prompt: [1] }, "bad-input", "length: expected a whole number from 1 to 4294967296, got undefined"],
    ["length 0", { length: 0 }, "bad-input", "length: expected a whole number from 1 to 4294967296, got 0"],
    ["half a token", { length: 1.5 }, "bad-input", "length: expected a whole number from 1 to 4294967296, got 1.5"],
    ["temperature -1", { temperature: -1 }, "bad-input", "temperature: expected a finite number from 0 on, got -1"],
    ["temperature NaN", { temperature: NaN }, "bad-input", "temperature: expected a finite number from 0 on, got NaN"],
    [
      "temperature Infinity",
      { temperature: Infinity },
      "bad-input",
      "temperature: expected a finite number from 0 on, got Infinity",
    ],
    [
      "temperature null",
      { temperature: null },
      "bad-input",
      "temperature: expected a finite number from 0 on, got null",
    ],
    ["topP -0.1", { topP: -0.1 }, "bad-input", "topP: expected a number from 0 to 1, got -0.1"],
    ["topP 1.5", { topP: 1.5 }, "bad-input", "topP: expected a number from 0 to 1, got 1.5"],
    ["topP NaN", { topP: NaN }, "bad-input", "topP: expected a number from 0 to 1, got NaN"],
    ["topP null", { topP: null }, "bad-input", "topP: expected a number from 0 to 1, got null"],
    ["topK 0", { topK: 0 }, "bad-input", "topK: expected a whole number from 1 on, got 0"],
    ["seed -1", { seed: -1 }, "bad-input", "seed: expected a whole number from 0 to 4294967295, got -1"],
    [
      "no tokens per submit",
      { tokensPerSubmit: 0 },
      "bad-input",
      "tokensPerSubmit: expected a whole number from 1 on, got 0",
    ],
    ["no streams", { streams: 0 }, "bad-input", "streams: expected a whole number from 1 on, got 0"],
    [
      "an empty prompt",
      { prompt: [] },
      "shape-mismatch",
      "prompt: expected a positive multiple of 1 indices (inputSize 1), got 0",
    ],
    ["no prompt", { prompt: undefined }, "shape-mismatch", "prompt: expected an array of numbers, got undefined"],
    [
      "a token out of range",
      { prompt: [3, 30] },
      "bad-input",
      'prompt: expected an index in [0, 30) for embedding "embedding", got 30 at element 1',
    ],
  ];
  it.each(refusals)("%s", async (what, options, code, message) => {
    const model = await createModel(randomTextModel(144, 30), { device: "cpu" });
    const all = what === "no length" ? options : { ...good, ...options };
    await expectRefusal(() => model.generate(all as typeof good), code, message);
  });

  const next = uniform(145);
  const gruOf = (shape: object) => randomGru("gru", ["embedding"], { inputSize: 3, hiddenSize: 4, ...shape }, next);
  const table = randomEmbedding("embedding", [9, 3], next);
  const text = (...layers: Layer[]): Network => defineNetwork({ layers: [table, ...layers] });
  const head = (size: number, activation: "softmax" | "relu" = "softmax") =>
    randomDense("head", ["gru"], [4, size], activation, next);
  const networks: [what: string, network: Network, message: string][] = [
    [
      "a model of features",
      randomMixed(146, "softmax", 5),
      'generate: expected one layer that reads "input", an index, got dense "front", gru "second"',
    ],
    [
      "two embeddings",
      text(
        randomEmbedding("other", [9, 3], next),
        randomGru("gru", ["embedding", "other"], { inputSize: 6, hiddenSize: 4 }, next),
        head(9),
      ),
      'generate: expected one layer that reads "input", an index, got embedding "embedding", embedding "other"',
    ],
    [
      "a head of another size",
      text(gruOf({}), head(8)),
      'generate: expected a main output of 9, the size of embedding "embedding", got "head" of 8',
    ],
    [
      "a head of another kind",
      text(gruOf({}), head(9, "relu")),
      'generate: expected a main output that scores tokens, by softmax, logSoftmax or linear, got dense "head", relu',
    ],
    [
      "a state for an output",
      text(gruOf({ hiddenSize: 9 })),
      'generate: expected a main output that scores tokens, by softmax, logSoftmax or linear, got gru "gru", sigmoid, tanh',
    ],
    [
      "a reverse layer",
      text(gruOf({ direction: "reverse" }), head(9)),
      'generate: expected forward layers only, got layer "gru", direction "reverse"',
    ],
    [
      "a layer's last step alone",
      text(gruOf({ returnSequences: false }), head(9)),
      'generate: expected layers that give every step, got layer "gru", which gives one for all',
    ],
  ];
  it.each(networks)("%s", async (_, network, message) => {
    const model = await createModel(network, { device: "cpu" });
    await expectRefusal(() => model.generate(good), "unsupported", message);
  });
});

describe("generatedStepsFor", () => {
  it("draws as many tokens at once as a submit's work allows, as are asked for, up to 64", () => {
    expect(generatedStepsFor(1e6, 1000, 1e9)).toBe(64);
    expect(generatedStepsFor(1e6, 5, 1e9)).toBe(8);
    expect(generatedStepsFor(1e8, 1000, 1e9)).toBe(8);
    expect(generatedStepsFor(1e10, 1000, 1e9)).toBe(1);
  });
});
