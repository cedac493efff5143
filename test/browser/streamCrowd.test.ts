// Streams on WebGPU that grow in number while others push, and calls that are made without waiting.

import type { Page } from "puppeteer";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectClose } from "../harness/close.js";
import { openSharedPage } from "./support/openPage.js";

/** A lone row has a kernel of its own, which may order its sums otherwise than that of a tile of rows. */
const TOLERANCE = { atol: 1e-6, rtol: 0 };

let page: Page;
let close: () => Promise<void>;

beforeAll(async () => ({ page, close } = await openSharedPage()));
afterAll(() => close());

describe("streams on WebGPU that grow in number", () => {
  it("keep their states while ticks are under way", async () => {
    const { expected, own, crowd } = await page.evaluate(async () => {
      const model = await harness.webgru.createModel(harness.campaignNetwork(815), { device: "webgpu" });
      const steps = Array.from({ length: 40 }, (_, i) => [i % 7, 0.5, -1]);
      const alone = model.createStream();
      const outputs: number[] = [];
      for (const step of steps) outputs.push(...(await alone.push(step)));
      const first = model.createStream();
      const pushes: Promise<Float32Array>[] = [];
      const others: Promise<Float32Array>[] = [];
      for (const [i, step] of steps.entries()) {
        pushes.push(first.push(step));
        for (let j = 0; j < i; j++) others.push(model.createStream().push(steps[0]!));
        if (i % 3 === 0) await Promise.resolve();
        if (i % 10 === 9) await pushes.at(-1);
      }
      const results = [await Promise.all(pushes), await Promise.all(others)];
      model.dispose();
      const [a, b] = results.map((each) => each.map((output) => [...output]));
      return { expected: outputs, own: a!.flat(), crowd: b! };
    });
    expectClose(own, expected, TOLERANCE);
    for (const output of crowd) expectClose(output, expected.slice(0, 5), TOLERANCE);
  });

  it("make room without compiling anything, in one submit and the tick's own", async () => {
    const counts = await page.evaluate(async () => {
      const model = await harness.webgru.createModel(harness.campaignNetwork(844), { device: "webgpu" });
      const streams = Array.from({ length: 256 }, () => model.createStream());
      const push = () => Promise.all(streams.map((stream) => stream.push([1, 2, 3])));
      await push();
      const recorded = harness.recordGpuCalls();
      streams.push(model.createStream());
      await push();
      model.dispose();
      const count = (method: string) => recorded.filter((call) => call.method === method).length;
      return ["createComputePipeline", "createComputePipelineAsync", "submit", "mapAsync"].map(count);
    });
    expect(counts).toEqual([0, 0, 2, 1]);
  });

  it("may be made 300 at a time between pushes, and their slots are used again", async () => {
    const { created, outputs } = await page.evaluate(async () => {
      const model = await harness.webgru.createModel(harness.campaignNetwork(816), { device: "webgpu" });
      const busy = model.createStream();
      const results = new Set<string>();
      const recorded = harness.recordGpuCalls();
      for (let round = 0; round < 3; round++) {
        recorded.length = 0;
        const pushes: Promise<Float32Array>[] = [];
        const streams = Array.from({ length: 300 }, (_, i) => {
          pushes.push(busy.push([i % 5, 0, 1]));
          return model.createStream();
        });
        for (const output of await Promise.all(streams.map((stream) => stream.push([1, 2, 3])))) {
          results.add(output.join());
        }
        for (const stream of streams) stream.dispose();
        await Promise.all(pushes);
      }
      model.dispose();
      return { created: recorded.filter(({ method }) => method === "createBuffer").length, outputs: [...results] };
    });
    expect(created).toBe(0); // in the last round
    expect(outputs).toHaveLength(1);
  });

  it("may be made as long as the device has room", async () => {
    const codes = await page.evaluate(async () => {
      const device = await harness.requestDevice();
      const model = await harness.webgru.createModel(harness.campaignNetwork(843), { device });
      const most = device.limits.maxComputeWorkgroupsPerDimension; // rows of a dispatch
      const half = Math.ceil(most / 2) + 1;
      const results: string[] = [];
      for (const batchSize of [half, 1, most - half - 1, 1]) {
        const open = async () => void model.createStream({ batchSize });
        results.push(await harness.outcomeOf(open()));
      }
      model.dispose();
      device.destroy();
      return results;
    });
    expect(codes).toEqual(["done", "done", "done", "limit-exceeded"]);
  });
});

describe("calls of one task on WebGPU", () => {
  it("act in their order, resets among pushes", async () => {
    const [hasty, patient] = await page.evaluate(async () => {
      const model = await harness.webgru.createModel(harness.campaignNetwork(817), { device: "webgpu" });
      const neighbour = model.createStream();
      const others: Promise<unknown>[] = [];
      const results: number[][] = [];
      for (const isPatient of [false, true]) {
        const stream = model.createStream();
        const outputs: Promise<Float32Array>[] = [];
        for (const x of [1, 2, null, 3, null, null, 4, 5, 6, null, 7, 1, 2]) {
          if (x === null) void stream.reset();
          else outputs.push(stream.push([x, 0, 1]));
          if (isPatient) await outputs.at(-1);
          else others.push(neighbour.push([3, 2, 1]));
        }
        results.push((await Promise.all(outputs)).flatMap((output) => [...output]));
      }
      await Promise.all(others);
      model.dispose();
      return results;
    });
    expect(hasty).toHaveLength(9 * 5);
    expectClose(hasty!, patient!, TOLERANCE);
  });

  it("leave the other streams alone where one of them is refused", async () => {
    const { outcomes, after } = await page.evaluate(async () => {
      const model = await harness.webgru.createModel(harness.campaignNetwork(818), { device: "webgpu" });
      const streams = Array.from({ length: 4 }, () => model.createStream());
      const inputs = [
        [1, 2, 3],
        [NaN, 0, 0],
        [1, 2],
        [1, 2, 3],
      ];
      const results = [
        streams.map((stream, i) => harness.outcomeOf(stream.push(inputs[i]!))),
        streams.map((stream) => harness.outcomeOf(stream.push([1, 2, 3]))),
      ];
      const [first, second] = await Promise.all(results.map((each) => Promise.all(each)));
      model.dispose();
      return { outcomes: first!, after: second! };
    });
    expect(outcomes).toEqual([outcomes[0], "bad-input", "shape-mismatch", outcomes[0]]);
    // Those that were refused are one step behind the others.
    expect(after).toEqual([after[0], outcomes[0], outcomes[0], after[0]]);
    expect(after[0]).not.toBe(outcomes[0]);
  });

  it("under whenFull latest drop the pushes that wait for those under way", async () => {
    const { outcomes, numDropped, states } = await page.evaluate(async () => {
      const model = await harness.webgru.createModel(harness.campaignNetwork(819), { device: "webgpu" });
      const stream = model.createStream({ whenFull: "latest", queueLimit: 2 });
      const pushes: Promise<string>[] = [];
      for (let i = 0; i < 60; i++) {
        pushes.push(harness.outcomeOf(stream.push([i, 0, 1])));
        if (i % 4 === 3) await harness.pause([0, 1]);
      }
      const results = await Promise.all(pushes);
      const twin = model.createStream();
      for (const [i, outcome] of results.entries()) if (outcome !== "dropped") await twin.push([i, 0, 1]);
      const saved = await Promise.all([stream.save(), twin.save()]);
      model.dispose();
      return { outcomes: results, numDropped: stream.numDropped, states: saved.map((bytes) => bytes.join()) };
    });
    expect(outcomes.at(-1)).not.toBe("dropped");
    expect(numDropped).toBe(outcomes.filter((outcome) => outcome === "dropped").length);
    expect(numDropped).toBeGreaterThan(10);
    expect(states[0]).toBe(states[1]);
  });
});
