// Outputs that are read back on WebGPU, and the calls to the GPU for them. test/unit/output.test.ts has the same on the CPU.

import type { Page } from "puppeteer";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { outputCheckNames } from "../cases/outputRequests.js";
import { openPage, openSharedPage } from "./support/openPage.js";

let page: Page;
let close: () => Promise<void>;

beforeAll(async () => ({ page, close } = await openSharedPage()));
afterAll(() => close());

describe("an output that is asked for", () => {
  for (const name of outputCheckNames) {
    it(`${name}, on WebGPU`, async () => {
      const { actual, expected } = await page.evaluate((each) => harness.checkOutput(each), name);
      expect(actual).toEqual(expected);
    });
  }
});

describe("a push of a model with 50,000 words", () => {
  it("reads back 200,000 bytes, 48 for the five highest, and nothing where nothing is asked for", async () => {
    const counts = await page.evaluate(async () => {
      const next = harness.random.uniform(170);
      const network = harness.webgru.defineNetwork({
        layers: [
          harness.random.randomEmbedding("embedding", [50_000, 4], next),
          harness.random.randomGru("gru", ["embedding"], { inputSize: 4, hiddenSize: 8 }, next),
          harness.random.randomDense("head", ["gru"], [8, 50_000], "softmax", next),
        ],
      });
      const model = await harness.webgru.createModel(network, { device: "webgpu" });
      const stream = model.createStream();
      const recorded = harness.recordGpuCalls();
      const numPushes = 10;
      const count = async (output: "all" | "none" | { topK: number }) => {
        await stream.push([1], { output }); // what is made once
        recorded.length = 0;
        for (let i = 0; i < numPushes; i++) await stream.push([i], { output });
        const counted: Record<string, number> = {};
        for (const { method, sizeBytes } of recorded) {
          counted[method] = (counted[method] ?? 0) + 1 / numPushes;
          const bytes = `${method} bytes`;
          if (sizeBytes > 0) counted[bytes] = (counted[bytes] ?? 0) + sizeBytes / numPushes;
        }
        return Object.fromEntries(Object.entries(counted).map(([key, value]) => [key, Math.round(value * 100) / 100]));
      };
      const results = [await count("all"), await count({ topK: 5 }), await count("none")];
      model.dispose();
      return results;
    });
    const submit = { submit: 1, beginComputePass: 1, writeBuffer: 2, "writeBuffer bytes": 8 };
    const read = { mapAsync: 1, getMappedRange: 1, copyBufferToBuffer: 1 };
    expect(counts).toEqual([
      // An embedding; a step, projection included; a product and a softmax.
      { ...submit, ...read, ...bytesRead(200_000), dispatchWorkgroups: 4 },
      { ...submit, ...read, ...bytesRead(48), dispatchWorkgroups: 5 },
      { ...submit, onSubmittedWorkDone: 1, dispatchWorkgroups: 2 },
    ]);
  });
});

function bytesRead(bytes: number): Record<string, number> {
  return { "copyBufferToBuffer bytes": bytes, "mapAsync bytes": bytes };
}

describe("pushes that read nothing", () => {
  it("run no further ahead of the GPU than others", async () => {
    const counted = await page.evaluate(async () => {
      const device = await harness.requestDevice();
      const network = harness.random.oneGru(171, { inputSize: 1, hiddenSize: 3 });
      const model = await harness.webgru.createModel(network, { device });
      const stream = model.createStream();
      await stream.push([1]);
      const releases: (() => void)[] = [];
      device.queue.onSubmittedWorkDone = () =>
        new Promise<undefined>((resolve) => releases.push(() => resolve(undefined)));
      let numSettled = 0;
      const settled = () => numSettled;
      const pushes = Array.from({ length: 20 }, () => stream.push([1], { output: "none" }).then(() => numSettled++));
      // However long they take; then a while for one too many.
      const countFrom = async (least: number) => {
        while (settled() < least || releases.length === 0) await harness.rest(1);
        await harness.rest(50);
        return settled();
      };
      const counts = [await countFrom(3)];
      releases.shift()!();
      counts.push(await countFrom(4));
      while (settled() < pushes.length) {
        releases.shift()?.();
        await harness.rest(1);
      }
      await Promise.all(pushes);
      model.dispose();
      device.destroy();
      return counts;
    });
    expect(counted).toEqual([3, 4]);
  });

  it("tell of a device that was lost", async () => {
    const own = await openPage();
    const message = await own.evaluate(async () => {
      const device = await harness.requestDevice();
      const network = harness.random.oneGru(172, { inputSize: 1, hiddenSize: 3 });
      const model = await harness.webgru.createModel(network, { device });
      const stream = model.createStream();
      await stream.push([1], { output: "none" });
      device.destroy();
      await device.lost;
      const code = await stream.push([1], { output: "none" }).catch((error: { code: string }) => error.code);
      return code;
    });
    expect(message).toBe("device-lost");
  });
});
