// The device that `auto` takes where the adapter does not say that it is software. test/long/auto.test.ts has this machine's own.

import type { Workload } from "webgru";
import { expect, it } from "vitest";
import { openPage } from "./support/openPage.js";

/** Estimates are the same on every machine; measured times are not. */
const cases: [workload: Workload, devices: string][] = [
  [{}, "cpu or webgpu"],
  [{ measure: false }, "cpu"],
  [{ batchSize: 4096, sequenceLength: 100, measure: false }, "webgpu"],
];

for (const [workload, devices] of cases) {
  it(`takes ${devices} for ${JSON.stringify(workload)}, and says why`, async () => {
    const page = await openPage();
    const told = await page.evaluate((given) => harness.chooseOnHardware(given), workload);
    expect(devices.split(" or ")).toContain(told.device);
    const how = workload.measure === false ? "estimated" : "from timed runs";
    expect(told.explanation).toMatch(new RegExp(`first to finish .* on the CPU, .* on the GPU, ${how}.* to choose`));
    expect(told.numOutputs).toBe(64);
  });
}
