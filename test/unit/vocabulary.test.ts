import { describe, expect, it } from "vitest";
import { decode, encode } from "../../src/model/vocabulary.js";
import { createModel, defineNetwork } from "webgru";
import { randomDense, randomEmbedding, randomGru, uniform } from "../cases/random.js";
import { expectRefusal } from "../harness/refusal.js";

const letters = ["a", "b", "é", "😀", "?", "a"];

describe("encode", () => {
  it("gives the index of each character, also of one of two code units; the first of equal ones", () => {
    expect(encode(letters, "ab😀é")).toEqual([0, 1, 3, 2]);
    expect(encode(letters, "")).toEqual([]);
  });

  it("takes the longest entry that fits", () => {
    expect(encode(["t", "th", "the", "e", " ", ""], "the teth")).toEqual([2, 4, 0, 3, 1]);
  });

  it("takes a list of words as they are", () => {
    expect(encode(["the", "cat", "<unk>"], ["cat", "the", "dog"], { unknown: "<unk>" })).toEqual([1, 0, 2]);
  });

  it("refuses what the vocabulary lacks, by its place, unless something stands for it", async () => {
    await expectRefusal(
      () => encode(letters, "ab𝄞"),
      "bad-input",
      'text: expected entries of the vocabulary, got "𝄞" at 2; give option unknown, an entry to stand for it',
    );
    await expectRefusal(() => encode(letters, ["a", "c"]), "bad-input", /got "c" at 1/);
    expect(encode(letters, "a𝄞c", { unknown: "?" })).toEqual([0, 4, 4]);
  });

  it("refuses calls that mean nothing", async () => {
    await expectRefusal(
      () => encode(null, "a"),
      "unsupported",
      /^encode: expected a model with a vocabulary, got none/,
    );
    await expectRefusal(() => encode(letters, 1 as never), "bad-input", "text: expected a string, got the number 1");
    await expectRefusal(
      () => encode(letters, "a", { unknown: "c" }),
      "bad-input",
      /^unknown: expected an entry of the vocabulary, got the string "c"/,
    );
    await expectRefusal(
      () => encode(letters, "a", { unkown: "?" } as never),
      "unsupported",
      /expected unknown, got "unkown"/,
    );
  });
});

describe("decode", () => {
  it("gives the text of indices", () => {
    expect(decode(letters, Uint32Array.of(1, 3, 0))).toBe("b😀a");
    expect(decode(letters, encode(letters, "abé"))).toBe("abé");
  });

  it("refuses other indices", async () => {
    for (const index of [6, -1, 0.5, NaN]) {
      await expectRefusal(
        () => decode(letters, [0, index]),
        "bad-input",
        `indices: expected an index in [0, 6), got ${index} at element 1`,
      );
    }
    await expectRefusal(() => decode(null, [0]), "unsupported", /^decode: expected a model with a vocabulary/);
    await expectRefusal(() => decode(letters, "ab" as never), "shape-mismatch", /^indices: expected an array/);
  });
});

/** All tokens of a text. */
async function collect(tokens: AsyncIterable<Uint32Array>): Promise<number[][]> {
  const all: number[][] = [];
  for await (const token of tokens) all.push([...token]);
  return all;
}

describe("a model", () => {
  const vocabulary = ["a", "b", "c", "d", "."];
  const next = uniform(42);
  const layers = [
    randomEmbedding("words", [5, 3], next),
    randomGru("gru", ["words"], { inputSize: 3, hiddenSize: 4 }, next),
    randomDense("head", ["gru"], [4, 5], "softmax", next),
  ];
  const create = async () => createModel(defineNetwork({ layers, vocabulary }), { device: "cpu" });
  it("encodes and decodes", async () => {
    const model = await create();
    expect(model.decode(model.encode("bad."))).toBe("bad.");
  });

  it("draws from a random seed, which it tells and which gives the text again", async () => {
    const model = await create();
    const texts = [1, 2, 3].map(() => model.generate({ prompt: [0], length: 40 }));
    expect(new Set(texts.map(({ seed }) => seed)).size).toBe(3);
    for (const text of texts) {
      expect(await collect(text)).toEqual(await collect(model.generate({ prompt: [0], length: 40, seed: text.seed })));
    }
    expect(model.generate({ prompt: [0], length: 1, seed: 7 }).seed).toBe(7);
  });

  it("stops after a token, an index or an entry of the vocabulary, of any of a list", async () => {
    const model = await create();
    const request = { prompt: [0], length: 200, seed: 1 };
    const whole = (await collect(model.generate(request))).map(([token]) => token!);
    for (const stop of [4, ".", [".", "c"], [2, 3]]) {
      const indices = [stop].flat().map((token) => (typeof token === "string" ? vocabulary.indexOf(token) : token));
      const end = whole.findIndex((token) => indices.includes(token)) + 1;
      expect(end).toBeGreaterThan(0);
      expect(await collect(model.generate({ ...request, stop }))).toEqual(whole.slice(0, end).map((token) => [token]));
    }
  });

  it("stops when every stream has drawn such a token", async () => {
    const model = await create();
    const request = { prompt: [0], length: 200, seed: 2, streams: 3 };
    const whole = await collect(model.generate(request));
    const ends = [0, 1, 2].map((stream) => whole.findIndex((tokens) => tokens[stream] === 4));
    expect(new Set(ends).size).toBeGreaterThan(1);
    expect(await collect(model.generate({ ...request, stop: "." }))).toEqual(whole.slice(0, Math.max(...ends) + 1));
  });

  it("ends with the signal's reason, and stays usable", async () => {
    const model = await create();
    const controller = new AbortController();
    const tokens = model.generate({ prompt: [0], length: 1e6, signal: controller.signal });
    await tokens.next();
    controller.abort(new Error("enough"));
    await expect(tokens.next()).rejects.toThrow("enough");
    expect(await tokens.next()).toEqual({ done: true, value: undefined });
    await expect(model.generate({ prompt: [0], length: 1, signal: AbortSignal.abort("early") }).next()).rejects.toBe(
      "early",
    );
    expect(await collect(model.generate({ prompt: [0], length: 2 }))).toHaveLength(2);
    model.dispose();
  });

  it("refuses what cannot end a text", async () => {
    const model = await create();
    const bad = (options: object) => () => model.generate({ prompt: [0], length: 1, ...options });
    await expectRefusal(
      bad({ stop: "xy" }),
      "bad-input",
      'stop: expected indices, or entries of the vocabulary, got "xy"',
    );
    await expectRefusal(bad({ stop: [0, -1] }), "bad-input", /got the number -1/);
    await expectRefusal(bad({ signal: {} }), "unsupported", /^signal: expected an AbortSignal/);
    await expectRefusal(bad({ seed: 2 ** 32 }), "bad-input", /^seed: expected a whole number/);
  });
});
