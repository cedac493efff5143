import { createModel, type GruModel } from "webgru";
import { afterEach, describe, expect, it, vi } from "vitest";
import { randomInput, randomStack, randomTextModel } from "../cases/random.js";

const tiny = randomStack({ seed: 1401, inputSize: 1, hiddenSizes: [1], resetAfter: true });
/** Of which a turn's work is some 3,000 steps. */
const small = randomStack({ seed: 1402, inputSize: 4, hiddenSizes: [64], resetAfter: true });

/** How often the event loop came round while `work` went on. */
async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  let numTurns = 0;
  let isOver = false;
  const count = () => {
    numTurns++;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  await work();
  isOver = true;
  return numTurns;
}

describe("the CPU path gives way to the event loop", () => {
  it("while items come from a loop: an abort by a timer is seen", async () => {
    const model = await onCpu(tiny);
    const abort = new AbortController();
    setTimeout(() => abort.abort("enough"), 50);
    const items = Array.from({ length: 300_000 }, () => [0.5]);
    const drain = async () => {
      for await (const _ of model.createStream().predict(items, { signal: abort.signal }));
    };
    await expect(drain()).rejects.toBe("enough");
  });

  it("between pushes and runs, of many streams too", async () => {
    const model = await onCpu(tiny);
    const streams = [model.createStream(), model.createStream()];
    const turns = await turnsDuring(async () => {
      for (let i = 0; i < 30_000; i++) await streams[i % 2]!.push([0.5]);
    });
    expect(turns).toBeGreaterThan(10);
    const ofRuns = await turnsDuring(async () => {
      for (let i = 0; i < 30_000; i++) await model.run([0.5]);
    });
    expect(ofRuns).toBeGreaterThan(10);
  });

  it("while pushes wait that were made at once", async () => {
    const model = await onCpu(tiny);
    const stream = model.createStream();
    const turns = await turnsDuring(() => Promise.all(Array.from({ length: 30_000 }, () => stream.push([0.5]))));
    expect(turns).toBeGreaterThan(10);
  });

  it("within a long run, whose input the caller may use again", async () => {
    const model = await onCpu(small);
    const input = randomInput(small, 15_000, 1403);
    const whole = await model.run(input);
    const reused = input.slice();
    const turns = await turnsDuring(async () => {
      const run = model.run(reused);
      reused.fill(Number.NaN);
      expectSame((await run).output, whole.output);
      expectSame((await run).finalState, whole.finalState);
    });
    expect(turns).toBeGreaterThan(2);
  });

  it("within a long push, and calls after it find its state", async () => {
    const model = await onCpu(small);
    const input = randomInput(small, 15_000, 1404);
    const { output } = await model.run(input);
    const [begin, end] = [input.subarray(0, 4 * 14_000), input.subarray(4 * 14_000)];
    const expected = output.subarray(64 * 14_000);
    const stream = model.createStream();
    const turns = await turnsDuring(async () => {
      const [first, saved, fork, last] = [stream.push(begin), stream.save(), stream.fork(), stream.push(end)];
      expectSame(await first, output.subarray(0, 64 * 14_000));
      expectSame(await last, expected);
      expectSame(await (await fork).push(end), expected);
      const restored = model.createStream();
      await restored.restore(await saved);
      expectSame(await restored.push(end), expected);
    });
    expect(turns).toBeGreaterThan(2);
  });

  it("within a long push of which the highest are asked for", async () => {
    const model = await onCpu(small);
    const input = randomInput(small, 5000, 1405);
    const { output } = await model.run(input, { output: { topK: 2 } });
    expect(await model.createStream().push(input, { output: { topK: 2 } })).toEqual(output);
  });

  it("while tokens are drawn", async () => {
    const model = await onCpu(randomTextModel(1406, 9));
    const turns = await turnsDuring(async () => {
      for await (const _ of model.generate({ prompt: [1], length: 20_000 }));
    });
    expect(turns).toBeGreaterThan(5);
  });
});

describe("many rows on the CPU", () => {
  it("are refused where their states do not fit, before any is made", async () => {
    const model = await onCpu(tiny);
    const refusal = {
      code: "limit-exceeded",
      message: "batchSize: expected at most 1032444 rows on the CPU, got 10000000",
    };
    expect(() => model.createStream({ batchSize: 1e7 })).toThrow(expect.objectContaining(refusal));
    await expect(model.run(new Float32Array(1e7), { batchSize: 1e7 })).rejects.toMatchObject(refusal);
  });

  it("are given back, and taken again", async () => {
    const model = await onCpu(tiny);
    for (let i = 0; i < 2; i++) {
      const stream = model.createStream({ batchSize: 200_000 });
      await stream.end();
    }
  });
});

describe("pushes that wait", () => {
  it("cost the same however many they are", async () => {
    const model = await onCpu(tiny);
    const cost = async (count: number, whenFull: "wait" | "latest", queueLimit: number) => {
      const stream = model.createStream({ whenFull, queueLimit });
      const before = process.cpuUsage();
      await Promise.allSettled(Array.from({ length: count }, () => stream.push([0.5])));
      const { user, system } = process.cpuUsage(before);
      return (user + system) / count;
    };
    for (const [whenFull, many] of [
      ["wait", 100_000],
      ["latest", 30_000],
    ] as const) {
      for (let i = 0; i < 3; i++) await cost(3000, whenFull, 1500);
      const few = Math.max(5, await cost(3000, whenFull, 1500));
      expect(await cost(many, whenFull, many / 2), whenFull).toBeLessThan(6 * few);
    }
  });
});

describe("Pace", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.resetModules();
  });

  it.each(["setImmediate alone", "MessageChannel alone", "neither, as in an AudioWorklet"])(
    "gives turns by %s",
    async (by) => {
      if (by !== "setImmediate alone") vi.stubGlobal("setImmediate", undefined);
      if (by !== "MessageChannel alone") vi.stubGlobal("MessageChannel", undefined);
      vi.resetModules();
      const { Pace } = await import("../../src/cpu/pace.js");
      const pace = new Pace();
      expect(pace.spend(1)).toBeNull();
      for (let i = 0; i < 3; i++) {
        const turn = pace.spend(1e9);
        expect(turn).toBeInstanceOf(Promise);
        await turn;
      }
    },
  );
});

/** Bit for bit. `toEqual` takes seconds for so many. */
function expectSame(got: Float32Array, expected: Float32Array): void {
  const bytes = [got, expected].map(({ buffer, byteOffset, byteLength }) =>
    Buffer.from(buffer, byteOffset, byteLength),
  );
  expect(bytes[0]!.equals(bytes[1]!)).toBe(true);
}

function onCpu(network: typeof tiny): Promise<GruModel> {
  return createModel(network, { device: "cpu" });
}
