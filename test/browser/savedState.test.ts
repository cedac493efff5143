// States that go from one device, model and page to another.

import { describe, expect, it } from "vitest";
import { expectIsClose } from "../harness/close.js";
import { openPage, openSharedPage } from "./support/openPage.js";

const SEED = 790;

describe("a state saved on WebGPU", () => {
  for (const batchSize of [1, 3]) {
    it(`goes on bit for bit in another model on WebGPU: B=${batchSize}`, async () => {
      const page = await openPage();
      const [expected, actual] = await page.evaluate(
        async ({ seed, rows }) => {
          const network = harness.campaignNetwork(seed);
          const [first, second] = [791, 792].map((each) => harness.random.randomInput(network, 5 * rows, each));
          const models = await Promise.all(
            [network, harness.campaignNetwork(seed)].map((each) =>
              harness.webgru.createModel(each, { device: "webgpu" }),
            ),
          );
          const [stream, elsewhere] = models.map((model) => model.createStream({ batchSize: rows }));
          await stream!.push(first!);
          await elsewhere!.push(second!);
          await elsewhere!.restore(await stream!.save());
          const results = await Promise.all([stream!, elsewhere!].map((each) => each.push(second!)));
          const states = await Promise.all([stream!, elsewhere!].map((each) => each.save()));
          for (const model of models) model.dispose();
          return results.map((output, i) => `${output.join()} ${states[i]!.join()}`);
        },
        { seed: SEED, rows: batchSize },
      );
      expect(actual).toBe(expected);
    });

    it(`goes on within 1e-6 on the CPU, and back again: B=${batchSize}`, async () => {
      const page = await openPage();
      const comparisons = await page.evaluate(
        async ({ seed, rows }) => {
          const network = harness.campaignNetwork(seed);
          const input = (each: number) => harness.random.randomInput(network, 4 * rows, each);
          const devices = ["webgpu", "cpu"] as const;
          const models = await Promise.all(devices.map((device) => harness.webgru.createModel(network, { device })));
          const [gpu, cpu] = models.map((model) => model.createStream({ batchSize: rows }));
          await gpu!.push(input(793));
          await cpu!.restore(await gpu!.save());
          const onCpu = harness.compare(await cpu!.push(input(794)), await gpu!.push(input(794)), {
            atol: 1e-6,
            rtol: 0,
          });
          await cpu!.push(input(795));
          await gpu!.restore(await cpu!.save());
          const onGpu = harness.compare(await gpu!.push(input(796)), await cpu!.push(input(796)), {
            atol: 1e-6,
            rtol: 0,
          });
          for (const model of models) model.dispose();
          return { onCpu, onGpu };
        },
        { seed: SEED, rows: batchSize },
      );
      expectIsClose(comparisons.onCpu);
      expectIsClose(comparisons.onGpu);
    });
  }

  it("goes on bit for bit in another page, after the first was closed", async () => {
    const first = await openSharedPage();
    const { bytes, expected } = await first.page.evaluate(async (seed) => {
      const model = await harness.webgru.createModel(harness.campaignNetwork(seed), { device: "webgpu" });
      const stream = model.createStream({ batchSize: 2 });
      await stream.push(harness.random.randomInput(model.network, 14, 797));
      const saved = [...(await stream.save())];
      const output = await stream.push(harness.random.randomInput(model.network, 6, 798));
      model.dispose();
      return { bytes: saved, expected: output.join() };
    }, SEED);
    await first.close();
    const page = await openPage();
    const actual = await page.evaluate(
      async ({ seed, saved }) => {
        const model = await harness.webgru.createModel(harness.campaignNetwork(seed), { device: "webgpu" });
        const stream = model.createStream({ batchSize: 2 });
        await stream.restore(Uint8Array.from(saved));
        const output = await stream.push(harness.random.randomInput(model.network, 6, 798));
        model.dispose();
        return output.join();
      },
      { seed: SEED, saved: bytes },
    );
    expect(actual).toBe(expected);
  });

  it("is that after the pushes made before, with pushes of other streams under way", async () => {
    const page = await openPage();
    const same = await page.evaluate(async (seed) => {
      const model = await harness.webgru.createModel(harness.campaignNetwork(seed), { device: "webgpu" });
      const [stream, twin, busy] = [model.createStream(), model.createStream(), model.createStream()];
      for (const each of [stream, twin]) void each.push([1, 2, 3]);
      const others = Array.from({ length: 9 }, (_, i) => busy.push([i, 0, 0]));
      const [early] = await Promise.all([stream.save(), stream.push([4, 5, 6])]);
      const expected = await twin.save();
      await Promise.all(others);
      model.dispose();
      return early.join() === expected.join();
    }, SEED);
    expect(same).toBe(true);
  });

  it("is copied to a fork on the GPU, which agrees bit for bit until the inputs differ", async () => {
    const page = await openPage();
    const result = await page.evaluate(async (seed) => {
      const model = await harness.webgru.createModel(harness.campaignNetwork(seed), { device: "webgpu" });
      const input = (each: number) => harness.random.randomInput(model.network, 3, each);
      const stream = model.createStream({ batchSize: 3 });
      await stream.push(input(800));
      const recorded = harness.recordGpuCalls();
      const [, fork, ahead] = await Promise.all([stream.push(input(801)), stream.fork(), stream.push(input(802))]);
      const caughtUp = await fork.push(input(802));
      const numReads = recorded.filter(({ method }) => method === "mapAsync").length;
      const [a, b] = await Promise.all([stream.push(input(803)), fork.push(input(804))]);
      model.dispose();
      return { isSame: caughtUp.join() === ahead.join(), differs: a.join() !== b.join(), numReads };
    }, SEED);
    expect(result).toEqual({ isSame: true, differs: true, numReads: 3 }); // one for each push
  });
});
