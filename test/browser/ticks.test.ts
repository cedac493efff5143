// Calls to the device in a tick of many streams, and that a stream's numbers are its own.

import type { Page } from "puppeteer";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSharedPage } from "./support/openPage.js";

let page: Page;
let close: () => Promise<void>;

beforeAll(async () => ({ page, close } = await openSharedPage()));
afterAll(() => close());

describe("a tick", () => {
  it("has as many dispatches for 300 streams as for 8, and one submit", async () => {
    const counts = await page.evaluate(async () => {
      const network = harness.campaignNetwork(770);
      const model = await harness.webgru.createModel(network, { device: "webgpu" });
      const recorded = harness.recordGpuCalls();
      const results: Record<string, number>[] = [];
      for (const numStreams of [8, 17, 300]) {
        const streams = Array.from({ length: numStreams }, () => model.createStream());
        const push = () => Promise.all(streams.map((stream) => stream.push([0.5, -0.25, 1])));
        await push(); // room for them all, and what was to be allocated
        recorded.length = 0;
        await push();
        const counted: Record<string, number> = {};
        for (const { method } of recorded) counted[method] = (counted[method] ?? 0) + 1;
        results.push(counted);
        for (const stream of streams) stream.dispose();
      }
      model.dispose();
      return results;
    });
    expect(counts[0]!.submit).toBe(1);
    expect(counts[0]!.dispatchWorkgroups).toBeGreaterThan(3);
    expect(counts.slice(1)).toEqual([counts[0], counts[0]]);
  });

  it("takes pushes of one task together, and several steps of a stream one after the other", async () => {
    const counts = await page.evaluate(async () => {
      const network = harness.campaignNetwork(771);
      const model = await harness.webgru.createModel(network, { device: "webgpu" });
      const streams = Array.from({ length: 5 }, () => model.createStream());
      const step = [0.5, -0.25, 1];
      await Promise.all(streams.map((stream) => stream.push(step)));
      const recorded = harness.recordGpuCalls();
      const countSubmits = async (pushes: () => Promise<unknown>[]) => {
        recorded.length = 0;
        await Promise.all(pushes());
        return recorded.filter(({ method }) => method === "submit").length;
      };
      const together = await countSubmits(() => streams.map((stream) => stream.push(step)));
      const some = await countSubmits(() => streams.slice(1, 4).map((stream) => stream.push(step)));
      const queued = await countSubmits(() => streams.flatMap((stream) => [0, 1, 2].map(() => stream.push(step))));
      model.dispose();
      return { together, some, queued };
    });
    expect(counts).toEqual({ together: 1, some: 1, queued: 3 });
  });

  it("makes no buffer and no bind group after warm-up, in 1,000 pushes of streams that take turns", async () => {
    const created = await page.evaluate(async () => {
      const network = harness.campaignNetwork(772);
      const model = await harness.webgru.createModel(network, { device: "webgpu" });
      const streams = Array.from({ length: 8 }, () => model.createStream());
      const next = harness.random.uniform(773);
      const step = (numSteps: number) => harness.random.randomArray(3 * numSteps, next);
      const round = async (numPushes: number) => {
        for (let done = 0; done < numPushes;) {
          const pushing = streams.filter(() => next() < 0.6);
          done += pushing.length;
          await Promise.all(pushing.map((stream) => stream.push(step(next() < 0.8 ? 1 : 3))));
          if (next() < 0.1) await streams[0]!.reset();
        }
      };
      await round(300);
      for (const numSteps of [1, 3]) await streams[0]!.push(step(numSteps)); // alone, it has a plan of its own
      const recorded = harness.recordGpuCalls();
      await round(1000);
      const calls = recorded.map(({ method }) => method).filter((method) => method.startsWith("create"));
      const numSubmits = recorded.filter(({ method }) => method === "submit").length;
      model.dispose();
      return { calls, numSubmits };
    });
    expect(created.calls).toEqual([]);
    expect(created.numSubmits).toBeGreaterThan(100);
    expect(created.numSubmits).toBeLessThan(400);
  });
});

describe("a stream among others", () => {
  for (const [title, pattern] of Object.entries({
    "one row of six": [1, 1, 1, 1, 1, 1],
    "pushes of several steps": [1, 3, 2, 5, 1, 4],
  })) {
    it(`gives bit for bit the same whatever the others push: ${title}`, async () => {
      const result = await page.evaluate(async (lengths) => {
        const { randomArray, uniform } = harness.random;
        const network = harness.campaignNetwork(774);
        const model = await harness.webgru.createModel(network, { device: "webgpu" });
        const own = uniform(775);
        const inputs = Array.from({ length: 12 }, (_, tick) => randomArray(3 * lengths[tick % 6]!, own));
        /** Six streams of which number `place` pushes the inputs. */
        const runAmong = async (seed: number, place: number) => {
          const next = uniform(seed);
          const streams = Array.from({ length: 6 }, () => model.createStream());
          const outputs: Float32Array[] = [];
          for (const [tick, input] of inputs.entries()) {
            const pushes = streams.map((stream, i) => {
              if (i === place) return stream.push(input);
              return stream.push(randomArray(3 * lengths[(tick + i - place + 6) % 6]!, next));
            });
            outputs.push((await Promise.all(pushes))[place]!);
          }
          for (const stream of streams) stream.dispose();
          return outputs.map((output) => output.join());
        };
        const alone = await runAmong(776, 2);
        const others = [await runAmong(777, 2), await runAmong(778, 2), await runAmong(779, 5)];
        model.dispose();
        return { alone, others };
      }, pattern);
      for (const other of result.others) expect(other).toEqual(result.alone);
    });
  }

  it("is not touched by a neighbour's NaN, where the model lets it through", async () => {
    const same = await page.evaluate(async () => {
      const model = await harness.webgru.createModel(harness.campaignNetwork(780), {
        device: "webgpu",
        nonFinite: "allow",
      });
      const pushBeside = async (neighbour: number) => {
        const [stream, other] = [model.createStream(), model.createStream()];
        const outputs: string[] = [];
        for (let tick = 0; tick < 4; tick++) {
          const pushes = [stream.push([tick, 0.5, -1]), other.push([neighbour, neighbour, 1])];
          outputs.push((await Promise.all(pushes))[0]!.join());
        }
        stream.dispose();
        other.dispose();
        return outputs.join("\n");
      };
      const [clean, poisoned, infinite] = [await pushBeside(0), await pushBeside(NaN), await pushBeside(Infinity)];
      model.dispose();
      return [clean === poisoned, clean === infinite, clean.includes("NaN")];
    });
    expect(same).toEqual([true, true, false]);
  });
});
