import { describe, expect, it } from "vitest";
import { argmax, sample, seededRandom } from "../../demo/sampler.js";

const PROBABILITIES = [0.1, 0.6, 0.05, 0.25];
const NUM_DRAWS = 20_000;

describe("seededRandom", () => {
  it("repeats itself for the same seed, and only for that", () => {
    const [first, again, other] = [7, 7, 8].map((seed) => Array.from({ length: 5 }, seededRandom(seed)));
    expect(first).toEqual(again);
    expect(first).not.toEqual(other);
  });

  it("fills [0, 1) evenly", () => {
    const random = seededRandom(1);
    const tenths = Array.from({ length: 10 }, () => 0);
    for (let i = 0; i < NUM_DRAWS; i++) tenths[Math.floor(10 * random())]!++;
    // Five standard deviations of a binomial count.
    for (const count of tenths) expect(Math.abs(count - NUM_DRAWS / 10)).toBeLessThan(5 * Math.sqrt(NUM_DRAWS * 0.09));
  });
});

describe("sample", () => {
  it("takes the likeliest at temperature 0", () => {
    expect(sample(PROBABILITIES, 0, () => 0.99)).toBe(1);
  });

  it.each([0.5, 1, 1.5])("draws with p^(1/T), renormalised, at T = %d", (temperature) => {
    const weights = PROBABILITIES.map((p) => p ** (1 / temperature));
    const sum = weights.reduce((a, b) => a + b);
    const random = seededRandom(2);
    const counts = PROBABILITIES.map(() => 0);
    for (let i = 0; i < NUM_DRAWS; i++) counts[sample(PROBABILITIES, temperature, random)]!++;
    weights.forEach((weight, i) => {
      const share = weight / sum;
      const deviation = Math.sqrt(NUM_DRAWS * share * (1 - share));
      expect(Math.abs(counts[i]! - NUM_DRAWS * share), `index ${i}`).toBeLessThan(5 * deviation);
    });
  });

  it("is at ease with a temperature so low that every other power is 0", () => {
    expect(sample([1e-30, 2e-30, 1e-30], 0.001, () => 0.5)).toBe(1);
  });

  it("never draws what has probability 0", () => {
    expect(sample([0, 1, 0], 1.5, () => 0)).toBe(1);
    expect(sample([0, 1, 0], 1.5, () => 1 - 2 ** -32)).toBe(1);
  });
});

describe("argmax", () => {
  it("gives the first of equals", () => {
    expect(argmax([1, 3, 3, 2])).toBe(1);
  });
});
