// Streams and models on WebGPU that are disposed at bad moments. The page fails a test for a rejection that nobody
// handled, and for a GPU error that nobody caught.

import type { Page } from "puppeteer";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSharedPage } from "./support/openPage.js";

let page: Page;
let close: () => Promise<void>;

beforeAll(async () => ({ page, close } = await openSharedPage()));
afterAll(() => close());

describe("a stream on WebGPU that is disposed at some moment of its pushes", () => {
  it("gives the right numbers or none, and leaves the others alone", async () => {
    const { expected, results } = await page.evaluate(async () => {
      const model = await harness.webgru.createModel(harness.campaignNetwork(810), { device: "webgpu" });
      const pushFive = (stream: ReturnType<typeof model.createStream>) =>
        [0, 1, 2, 3, 4].map((i) => harness.outcomeOf(stream.push([i, 0.5, -1])));
      // Beside another, as they will be: a lone row has a kernel of its own.
      const pair = [model.createStream(), model.createStream()].map(pushFive);
      const numbers = await Promise.all(pair[0]!);
      const outcomes: { own: string[]; kept: string[]; next: string }[] = [];
      for (const moment of harness.MOMENTS) {
        const [gone, kept] = [model.createStream(), model.createStream()];
        const [own, others] = [pushFive(gone), pushFive(kept)];
        await harness.pause(moment);
        gone.dispose();
        const next = model.createStream(); // in the slot of the one that is gone
        const first = harness.outcomeOf(next.push([0, 0.5, -1]));
        outcomes.push({ own: await Promise.all(own), kept: await Promise.all(others), next: await first });
        next.dispose();
        kept.dispose();
      }
      model.dispose();
      return { expected: numbers, results: outcomes };
    });
    for (const { own, kept, next } of results) {
      const numGiven = own.filter((outcome) => outcome !== "disposed").length;
      expect(own).toEqual([...expected.slice(0, numGiven), ...Array(5 - numGiven).fill("disposed")]);
      expectNear(kept, expected);
      expectNear([next], expected.slice(0, 1));
    }
    expect(results.flatMap(({ own }) => own)).toContain("disposed");
  });

  it("gives its numbers where it is disposed while room is made for others", async () => {
    const { expected, outcomes } = await page.evaluate(async () => {
      const model = await harness.webgru.createModel(harness.campaignNetwork(811), { device: "webgpu" });
      const number = await harness.outcomeOf(model.createStream().push([1, 2, 3]));
      const results: string[][] = [];
      for (let i = 0; i < 6; i++) {
        const gone = model.createStream();
        const push = harness.outcomeOf(gone.push([1, 2, 3]));
        if (i % 2 === 1) await harness.pause([2, 0]);
        const crowd = Array.from({ length: 2 ** i }, () => model.createStream());
        gone.dispose();
        const others = crowd.map((stream) => harness.outcomeOf(stream.push([1, 2, 3])));
        results.push([await push, ...(await Promise.all(others))]);
      }
      model.dispose();
      return { expected: number, outcomes: results };
    });
    for (const [own, ...others] of outcomes) {
      if (own !== "disposed") expectNear([own!], [expected]);
      for (const other of others) expectNear([other], [expected]);
    }
  });
});

describe("a model on WebGPU that is disposed with calls under way", () => {
  it("gives the right numbers or none, at whatever moment", async () => {
    const { expected, outcomes } = await page.evaluate(async () => {
      const device = await harness.requestDevice();
      const network = harness.campaignNetwork(812);
      const begin = async () => {
        const model = await harness.webgru.createModel(network, { device });
        const streams = Array.from({ length: 5 }, () => model.createStream());
        const calls = streams.flatMap((stream) => [stream.push([1, 2, 3]), stream.push([4, 5, 6]), stream.save()]);
        return { model, settled: Promise.all(calls.map((call) => harness.outcomeOf(call))) };
      };
      const whole = await begin();
      const numbers = await whole.settled;
      whole.model.dispose();
      const results: string[][] = [];
      for (const moment of harness.MOMENTS) {
        const { model, settled } = await begin();
        await harness.pause(moment);
        model.dispose();
        results.push(await settled);
      }
      await device.queue.onSubmittedWorkDone();
      device.destroy();
      return { expected: numbers, outcomes: results };
    });
    expect(expected).not.toContain("disposed");
    for (const each of outcomes) {
      each.forEach((outcome, i) => expect([expected[i], "disposed"]).toContain(outcome));
    }
  });

  it("gives the numbers of a stream that was disposed just before it, once they were submitted", async () => {
    const outcomes = await page.evaluate(async () => {
      const device = await harness.requestDevice();
      const results: string[] = [];
      for (const moment of harness.MOMENTS) {
        const model = await harness.webgru.createModel(harness.campaignNetwork(813), { device });
        const stream = model.createStream();
        const expected = await harness.outcomeOf(stream.push([1, 2, 3]));
        await stream.reset();
        const push = harness.outcomeOf(stream.push([1, 2, 3]));
        await harness.pause(moment);
        stream.dispose();
        model.dispose();
        results.push((await push) === expected ? "right" : await push);
      }
      device.destroy();
      return results;
    });
    for (const outcome of outcomes) expect(["right", "disposed"]).toContain(outcome);
    expect(outcomes).toContain("right");
  });

  it("refuses every later call of its streams, and touches the caller's device no more", async () => {
    const { outcomes, errors } = await page.evaluate(async () => {
      const device = await harness.requestDevice();
      const uncaught = harness.collectErrors(device);
      const model = await harness.webgru.createModel(harness.campaignNetwork(814), { device });
      const [stream, other] = [model.createStream(), model.createStream()];
      await Promise.all([stream.push([1, 2, 3]), other.push([1, 2, 3])]);
      const bytes = await stream.save();
      other.dispose();
      model.dispose();
      await harness.pause([0, 20]);
      const calls = [stream, other].flatMap((each): Promise<unknown>[] => [
        each.push([1, 2, 3]),
        each.pushNamed([1, 2, 3]),
        each.reset(),
        each.save(),
        each.restore(bytes),
        each.fork(),
        each.predict([[1, 2, 3]]).next(),
        each.end(),
      ]);
      const results = await Promise.all(calls.map((call) => harness.outcomeOf(call)));
      await device.queue.onSubmittedWorkDone();
      device.destroy();
      return { outcomes: results, errors: uncaught };
    });
    const refused = [...Array(7).fill("disposed"), "done"];
    expect(outcomes).toEqual([...refused, ...refused]);
    expect(errors).toEqual([]);
  });
});

/** Asserts that outputs, as text, differ by no more than a lone row's kernel does from that of a tile of rows. */
function expectNear(actual: readonly string[], expected: readonly string[]): void {
  expect(actual.length).toBe(expected.length);
  for (const [i, text] of actual.entries()) {
    const numbers = expected[i]!.split(",").map(Number);
    text.split(",").forEach((value, j) => expect(Number(value)).toBeCloseTo(numbers[j]!, 6));
  }
}
