import { describe, expect, it } from "vitest";
import { openPage } from "./support/openPage.js";

describe("a device that is destroyed under its streams", () => {
  for (const [title, steps] of Object.entries({
    "pushes of one step": [1],
    "pushes of several steps, with a plan to be made": [1, 4, 2],
  })) {
    it(`settles every call, with numbers or device-lost: ${title}`, async () => {
      const page = await openPage();
      const results = await page.evaluate(async (lengths) => {
        const all: { during: string[]; after: string[]; errors: string[] }[] = [];
        for (const moment of harness.MOMENTS) {
          const device = await harness.requestDevice();
          const errors = harness.collectErrors(device);
          const model = await harness.webgru.createModel(harness.campaignNetwork(820), { device });
          const streams = Array.from({ length: 6 }, () => model.createStream());
          await Promise.all(streams.map((stream) => stream.push([1, 2, 3])));
          const inputs = streams.map((_, i) => new Float32Array(3 * lengths[i % lengths.length]!).fill(0.5));
          const push = () => streams.map((stream, i) => stream.push(inputs[i]!));
          const calls: Promise<unknown>[] = [...push(), ...push(), streams[0]!.save(), streams[1]!.fork()];
          const settled = calls.map((call) => harness.outcomeOf(call));
          await harness.pause(moment);
          device.destroy();
          settled.push(...[...push(), streams[2]!.save()].map((call) => harness.outcomeOf(call)));
          const during = await Promise.all(settled); // a call that hangs does so until the test's time is over
          await device.lost;
          const late = [...push(), streams[3]!.save()].map((call) => harness.outcomeOf(call));
          const after = await Promise.all(late);
          model.createStream().dispose();
          model.dispose();
          all.push({ during, after, errors });
        }
        return all;
      }, steps);
      for (const { during, after, errors } of results) {
        for (const outcome of during) expect(outcome).toMatch(/^(device-lost|done|[-\d.,e]+)$/);
        expect(during).toContain("device-lost");
        expect(after).toEqual(Array(7).fill("device-lost"));
        expect(errors).toEqual([]);
      }
    });
  }
});
