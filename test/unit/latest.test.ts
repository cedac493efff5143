import { createModel, type GruStream } from "webgru";
import { describe, expect, it } from "vitest";
import { randomStack } from "../cases/random.js";

const network = randomStack({ seed: 750, inputSize: 1, hiddenSizes: [3], resetAfter: true });
const DROPPED = "dropped: push: dropped for a newer one, since at most 1 may wait";

describe('a stream with whenFull "latest"', () => {
  it("drops the older of two pushes of a task, and counts it", async () => {
    const { stream, expected } = await openStream(1);
    const results = await outcomes([stream.push([1]), stream.push([2]), stream.push([3])]);
    expect(results.slice(0, 2)).toEqual([DROPPED, DROPPED]);
    expect(results[2]).toEqual((await expected([3]))[0]);
    expect(stream.numDropped).toBe(2);
  });

  it("keeps as many as queueLimit says, the newest, in order", async () => {
    const { stream, expected } = await openStream(3);
    const results = await outcomes([1, 2, 3, 4, 5].map((value) => stream.push([value])));
    const message = "dropped: push: dropped for a newer one, since at most 3 may wait";
    expect(results).toEqual([message, message, ...(await expected([3, 4, 5]))]);
    expect(stream.numDropped).toBe(2);
  });

  it("drops nothing where each result is awaited", async () => {
    const { stream, expected } = await openStream(1);
    const results: Float32Array[] = [];
    for (const value of [1, 2, 3, 4]) results.push(await stream.push([value]));
    expect(results).toEqual(await expected([1, 2, 3, 4]));
    expect(stream.numDropped).toBe(0);
  });

  it("leaves resets, saves and forks among the pushes alone", async () => {
    const { stream, expected } = await openStream(1);
    await stream.push([9]);
    const [dropped, reset, bytes, fork, kept] = await Promise.allSettled([
      stream.push([1]),
      stream.reset(),
      stream.save(),
      stream.fork(),
      stream.push([2]),
    ]);
    expect([dropped, reset, bytes, fork].map(({ status }) => status)).toEqual([
      "rejected",
      "fulfilled",
      "fulfilled",
      "fulfilled",
    ]);
    const [zero] = await expected([2]);
    expect(kept).toEqual({ status: "fulfilled", value: zero });
    expect(await (fork as PromiseFulfilledResult<GruStream>).value.push([2])).toEqual(zero);
  });

  it("does not count a push that it refuses, and drops nothing for it", async () => {
    const { stream, expected } = await openStream(1);
    const results = await outcomes([stream.push([1]), stream.push([NaN])]);
    expect(results[0]).toEqual((await expected([1]))[0]);
    expect(results[1]).toMatch(/^bad-input: /);
    expect(stream.numDropped).toBe(0);
  });

  it("is what a stream is not unless it is told", async () => {
    const model = await createModel(network, { device: "cpu" });
    const [plain, wait] = [model.createStream(), model.createStream({ whenFull: "wait", queueLimit: 1 })];
    const inputs = Array.from({ length: 20 }, (_, i) => [i]);
    const results = await Promise.all([plain, wait].map((stream) => Promise.all(inputs.map((x) => stream.push(x)))));
    expect(results[0]).toEqual(results[1]);
    expect([plain.numDropped, wait.numDropped]).toEqual([0, 0]);
  });
});

async function openStream(queueLimit: number) {
  const model = await createModel(network, { device: "cpu" });
  const expected = (values: number[]) => {
    const other = model.createStream();
    return Promise.all(values.map((value) => other.push([value])));
  };
  return { stream: model.createStream({ whenFull: "latest", queueLimit }), expected };
}

/** The result of each call, or its error as a sentence. */
function outcomes<T>(calls: readonly Promise<T>[]): Promise<(T | string)[]> {
  return Promise.all(calls.map((call) => call.catch((error) => `${error.code}: ${error.message}`)));
}
