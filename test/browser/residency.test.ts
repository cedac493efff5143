// The hidden state stays on the GPU: what a device is asked to do per push, counted.

import type { Page } from "puppeteer";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FAMILY_TABLES, type FamilyName } from "../cases/familyTables.js";
import type { GpuCall } from "./support/gpuCalls.js";
import { openSharedPage } from "./support/openPage.js";

let page: Page;
let close: () => Promise<void>;
beforeAll(async () => ({ page, close } = await openSharedPage()));
afterAll(() => close());

const NUM_PUSHES = 50;

describe("a stream's push, after warm-up", () => {
  for (const batchSize of [1, 5]) {
    for (const resetAfter of [true, false]) {
      it(`allocates nothing, uploads the input, downloads the output: B=${batchSize}, reset ${resetAfter ? "after" : "before"}`, async () => {
        const calls = await recordPushes({ batchSize, resetAfter });
        const counts = countByMethod(calls);
        const { dispatchWorkgroups: numDispatches = 0, ...others } = counts;
        expect(others).toEqual({
          writeBuffer: 2 * NUM_PUSHES,
          submit: NUM_PUSHES,
          beginComputePass: NUM_PUSHES,
          copyBufferToBuffer: NUM_PUSHES,
          mapAsync: NUM_PUSHES,
          getMappedRange: NUM_PUSHES,
        });
        expect(numDispatches % NUM_PUSHES).toBe(0);
        expect(buffersOf(calls, "writeBuffer")).toEqual([["webgru.input"], ["webgru.slots"]]);
        expect(buffersOf(calls, "copyBufferToBuffer")).toEqual([["webgru.head.output", "webgru.staging"]]);
        expect(buffersOf(calls, "mapAsync")).toEqual([["webgru.staging"]]);
      });
    }
  }
});

describe("2,000 pushes, after warm-up,", () => {
  const numMany = 2000;

  it("allocate nothing and leave the state on the GPU, from which a save alone copies it", async () => {
    const { whilePushing, whileSaving, numGiven } = await page.evaluate(async (numPushes) => {
      const { randomDense, randomGru, uniform } = harness.random;
      const next = uniform(114);
      const network = harness.webgru.defineNetwork({
        layers: [
          randomGru("gru", ["input"], { inputSize: 1, hiddenSize: 4 }, next),
          randomDense("head", ["gru"], [4, 2], "linear", next),
        ],
      });
      const device = await harness.requestDevice();
      const model = await harness.webgru.createModel(network, { device });
      const stream = model.createStream();
      const push = (numSteps: number) =>
        Promise.all(Array.from({ length: numSteps }, (_, i) => stream.push([Math.sin(i)])));
      await push(10);
      const recorded = harness.recordGpuCalls();
      let given = 0;
      for (let i = 0; i < numPushes; i += 100) given += (await push(100)).length;
      const pushing = recorded.splice(0);
      await stream.save();
      model.dispose();
      device.destroy();
      return { whilePushing: pushing, whileSaving: recorded, numGiven: given };
    }, numMany);
    expect(numGiven).toBe(numMany);
    const counts = countByMethod(whilePushing);
    expect(counts.submit).toBe(numMany);
    expect(Object.keys(counts).filter((method) => method.startsWith("create"))).toEqual([]);
    const copied = whilePushing.filter(({ method }) => method === "copyBufferToBuffer");
    expect(buffersOf(whilePushing, "copyBufferToBuffer")).toEqual([["webgru.head.output", "webgru.staging"]]);
    expect(copied.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)).toBe(numMany * 4 * 4); // a row of two, padded
    expect(buffersOf(whilePushing, "mapAsync")).toEqual([["webgru.staging"]]);
    expect(buffersOf(whileSaving, "copyBufferToBuffer")).toEqual([["webgru.states", "webgru.staging"]]);
  });
});

describe("a run like the last one", () => {
  /** Of two layers and four steps. */
  const numDispatches: Record<FamilyName, number> = {
    step: 2 * (1 + 4),
    cell: 2 * 4,
    fourUnits: 2 * (1 + 4),
    fourRows: 2 * (1 + 4),
    persistent: 2 * (1 + 1),
    persistentFourUnits: 2 * (1 + 1),
    cooperative: 2 * (1 + 2),
    resumed: 2 * (1 + 2),
    wavefront: 1 + (4 + 2 - 1),
    network: 1,
  };

  for (const family of Object.keys(FAMILY_TABLES) as FamilyName[]) {
    it(`makes one submit, no bind group, no buffer and no pipeline: ${family}`, async () => {
      const calls = await page.evaluate(async (table) => {
        const network = harness.random.randomStack({
          seed: 115,
          inputSize: 3,
          hiddenSizes: [33, 33],
          resetAfter: true,
        });
        const input = harness.random.randomInput(network, 5 * 4, 116);
        const model = await harness.createTunedModel(network, table);
        await model.run(input, { batchSize: 5 });
        const recorded = harness.recordGpuCalls();
        await model.run(input, { batchSize: 5 });
        model.dispose();
        return recorded;
      }, FAMILY_TABLES[family]);
      const { submit, dispatchWorkgroups, ...others } = countByMethod(calls);
      expect({ submit, dispatchWorkgroups }).toEqual({ submit: 1, dispatchWorkgroups: numDispatches[family] });
      expect(Object.keys(others).filter((method) => method.startsWith("create"))).toEqual([]);
    });
  }
});

describe("a run", () => {
  it("leaves the state on the GPU until its end, through every chunk", async () => {
    const calls = await page.evaluate(async () => {
      const network = harness.random.randomMixed(110, "softmax", 7);
      const input = harness.random.randomInput(network, 5000, 111);
      const device = await harness.requestDevice();
      const model = await harness.webgru.createModel(network, { device });
      await model.run(input);
      const recorded = harness.recordGpuCalls();
      await model.run(input);
      model.dispose();
      device.destroy();
      return recorded;
    });
    const sources = calls.filter(({ method }) => method === "copyBufferToBuffer").map(({ buffers }) => buffers[0]!);
    const firstState = sources.findIndex(isState);
    expect(firstState).toBeGreaterThan(1); // several chunks
    expect(new Set(sources.slice(0, firstState))).toEqual(new Set(["webgru.head.output"]));
    expect(sources.slice(firstState)).toHaveLength(1); // of all GRU layers
    expect(sources.slice(firstState).every(isState)).toBe(true);
    // Written once before the first chunk, with the initial state.
    const writes = calls.filter(({ method }) => method === "writeBuffer").map(({ buffers }) => buffers[0]!);
    expect(writes.slice(0, 1).every(isState)).toBe(true);
    // The last chunk is shorter, and says so.
    expect(new Set(writes.slice(1))).toEqual(new Set(["webgru.input", "webgru.slots", "webgru.lengths"]));
    expect(calls.filter(({ method }) => method.startsWith("create"))).toEqual([]);
  });
});

async function recordPushes(request: { batchSize: number; resetAfter: boolean }): Promise<GpuCall[]> {
  return page.evaluate(
    async ({ batchSize, resetAfter, numPushes }) => {
      const { randomDense, randomGru, randomInput, uniform } = harness.random;
      const next = uniform(112);
      const network = harness.webgru.defineNetwork({
        layers: [
          randomGru("first", ["input"], { inputSize: 5, hiddenSize: 33, resetAfter }, next),
          randomGru("second", ["first"], { inputSize: 33, hiddenSize: 7, resetAfter }, next),
          randomDense("head", ["second"], [7, 3], "linear", next),
        ],
      });
      const device = await harness.requestDevice();
      const model = await harness.webgru.createModel(network, { device });
      const stream = model.createStream({ batchSize });
      const input = randomInput(network, batchSize, 113);
      await stream.push(input);
      const recorded = harness.recordGpuCalls();
      for (let i = 0; i < numPushes; i++) await stream.push(input);
      const calls = [...recorded];
      model.dispose();
      device.destroy();
      return calls;
    },
    { ...request, numPushes: NUM_PUSHES },
  );
}

function isState(label: string): boolean {
  return label === "webgru.states";
}

function countByMethod(calls: readonly GpuCall[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { method } of calls) counts[method] = (counts[method] ?? 0) + 1;
  return counts;
}

/** The different lists of buffers that a method was given. */
function buffersOf(calls: readonly GpuCall[], wanted: string): string[][] {
  const lists = calls.filter(({ method }) => method === wanted).map(({ buffers }) => JSON.stringify(buffers));
  return [...new Set(lists)].map((list) => JSON.parse(list) as string[]);
}
