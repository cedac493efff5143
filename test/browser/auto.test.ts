// What `auto` takes where the adapter does not say that it is software.

import type { Use } from "webgru";
import { expect, it } from "vitest";
import { openPage } from "./page.js";

const cases: [use: Use, device: string][] = [
  [{}, "cpu"],
  [{ measure: false }, "cpu"],
  [{ batchSize: 4096, sequenceLength: 100 }, "webgpu"],
  [{ batchSize: 4096, sequenceLength: 100, measure: false }, "webgpu"],
];

for (const [use, device] of cases) {
  it(`takes ${device} for ${JSON.stringify(use)}, and says why`, async () => {
    const page = await openPage();
    const told = await page.evaluate((given) => harness.chooseOnHardware(given), use);
    expect(told.device).toBe(device);
    const how = use.measure === false ? "estimated" : "by what was timed of each";
    expect(told.explanation).toMatch(new RegExp(`first to finish .* on the CPU, .* on the GPU, ${how}.* to choose`));
    expect(told.numOutputs).toBe(64);
  });
}
