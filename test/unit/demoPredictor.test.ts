import { describe, expect, it } from "vitest";
import { Predictor, promptOf } from "../../demo/predictor.js";
import { Vocabulary } from "../../demo/vocabulary.js";

const vocabulary = new Vocabulary([..."\nabc"]);

/** Notes what it is asked to do; expects each character after itself with probability 1/2, the others with 1/6. */
class FakeStream {
  readonly calls: string[] = [];
  failure: Error | null = null;

  async push(indices: ArrayLike<number>): Promise<Float32Array> {
    const text = Array.from(indices, (index) => vocabulary.characters[index]).join("");
    this.calls.push(text);
    await Promise.resolve();
    if (this.failure) throw this.failure;
    return Float32Array.from(
      Array.from(indices).flatMap((pushed) =>
        vocabulary.characters.map((_, index) => (index === pushed ? 1 / 2 : 1 / 6)),
      ),
    );
  }

  async reset(): Promise<void> {
    this.calls.push("reset");
  }
}

function makePredictor() {
  const stream = new FakeStream();
  const keystrokesMs: number[] = [];
  const predictor = new Predictor(stream, vocabulary, (timeMs) => keystrokesMs.push(timeMs));
  return { stream, predictor, keystrokesMs };
}

describe("Predictor", () => {
  it("has a guess before the first character: every text begins a line", async () => {
    const { stream, predictor } = makePredictor();
    const { probabilities } = await predictor.follow("");
    expect(stream.calls).toEqual(["reset", "\n"]);
    expect(probabilities[0]).toBe(0.5);
  });

  it("pushes only what was added, in one call", async () => {
    const { stream, predictor } = makePredictor();
    for (const text of ["a", "ab", "abcab"]) await predictor.follow(text);
    expect(stream.calls).toEqual(["reset", "\na", "b", "cab"]);
  });

  it("pushes nothing for a text that it has read", async () => {
    const { stream, predictor } = makePredictor();
    await predictor.follow("ab");
    await predictor.follow("ab");
    expect(stream.calls).toEqual(["reset", "\nab"]);
  });

  it("reads the whole text again after an edit or a deletion", async () => {
    const { stream, predictor } = makePredictor();
    for (const text of ["abc", "abb", "ab"]) await predictor.follow(text);
    expect(stream.calls).toEqual(["reset", "\nabc", "reset", "\nabb", "reset", "\nab"]);
  });

  it("skips texts that were replaced before their turn", async () => {
    const { stream, predictor } = makePredictor();
    const readings = await Promise.all(["a", "ab", "abc", "abca"].map((text) => predictor.follow(text)));
    expect(stream.calls).toEqual(["reset", "\nabca"]);
    expect(readings.map(({ characters }) => characters.length)).toEqual([4, 4, 4, 4]);
  });

  it("weighs each character by what was expected before it", async () => {
    const { predictor } = makePredictor();
    await predictor.follow("aa");
    const { characters } = await predictor.follow("aab");
    const bits = characters.map((character) => character.bits);
    expect(characters.map(({ character }) => character).join("")).toBe("aab");
    [Math.log2(6), 1, Math.log2(6)].forEach((expected, i) => expect(bits[i]).toBeCloseTo(expected, 5)); // float32
  });

  it("reads the end of a long text, and goes on from there", async () => {
    const { stream, predictor } = makePredictor();
    const long = "a".repeat(500) + "b".repeat(2000);
    const { skipped, characters } = await predictor.follow(long);
    expect(skipped).toBe("a".repeat(500));
    expect(characters.length).toBe(2000);
    await predictor.follow(`${long}c`);
    expect(stream.calls).toEqual(["reset", `\n${"b".repeat(2000)}`, "c"]);
  });

  it("starts afresh after a push that failed", async () => {
    const { stream, predictor } = makePredictor();
    await predictor.follow("a");
    stream.failure = new Error("gone");
    await expect(predictor.follow("ab")).rejects.toThrow("gone");
    stream.failure = null;
    await predictor.follow("ab");
    expect(stream.calls).toEqual(["reset", "\na", "b", "reset", "\nab"]);
  });

  it("times single characters only", async () => {
    const { predictor, keystrokesMs } = makePredictor();
    for (const text of ["", "a", "abc", "b"]) await predictor.follow(text);
    expect(keystrokesMs.length).toBe(1);
  });
});

describe("promptOf", () => {
  it("is what a predictor reads of the text: the beginning of a line, and of a long text the end", () => {
    expect(promptOf("", vocabulary)).toEqual([0]);
    expect(promptOf("abc", vocabulary)).toEqual([0, 1, 2, 3]);
    expect(promptOf("a".repeat(500) + "b".repeat(2000), vocabulary)).toEqual([
      0,
      ...Array.from("b".repeat(2000), () => 2),
    ]);
  });
});
