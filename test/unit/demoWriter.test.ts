import { describe, expect, it } from "vitest";
import { writeOn } from "../../demo/writer.js";

/** Yields 0, 1, 2... and notes that it was ended. */
function makeTokens(length: number) {
  const ends: number[] = [];
  async function* draw(): AsyncGenerator<Uint32Array, void> {
    let drawn = 0;
    try {
      while (drawn < length) yield Uint32Array.of(drawn++);
    } finally {
      ends.push(drawn);
    }
  }
  return { tokens: draw(), ends };
}

describe("writeOn", () => {
  it("writes one character after the other, to the last", async () => {
    const { tokens, ends } = makeTokens(3);
    const written: number[] = [];
    const numWritten = await writeOn(tokens, (index) => written.push(index), new AbortController().signal);
    expect(written).toEqual([0, 1, 2]);
    expect(numWritten).toBe(3);
    expect(ends).toEqual([3]);
  });

  it("writes nothing more once it is stopped, and ends what draws", async () => {
    const { tokens, ends } = makeTokens(1000);
    const controller = new AbortController();
    const written: number[] = [];
    const write = (index: number) => {
      written.push(index);
      if (index === 2) controller.abort();
    };
    expect(await writeOn(tokens, write, controller.signal)).toBe(3);
    expect(written).toEqual([0, 1, 2]);
    expect(ends).toHaveLength(1);
  });

  it("leaves a person the time to read", async () => {
    const startMs = performance.now();
    await writeOn(makeTokens(5).tokens, () => {}, new AbortController().signal);
    expect(performance.now() - startMs).toBeGreaterThan(90);
  });
});
