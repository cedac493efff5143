import { expect, it } from "vitest";
import { openPage } from "./support/openPage.js";

it("keeps 256 streams on WebGPU apart that come, push, part and go", async () => {
  const page = await openPage();
  const request = { device: "webgpu", seed: 710, numStreams: 256, numTicks: 200, pushProbability: 0.12 } as const;
  const summary = await page.evaluate((each) => harness.runWatchedCampaign(each), request);
  // oxlint-disable-next-line no-console -- how much was asked of this adapter
  console.log(JSON.stringify(summary));
  expect(summary.failures).toEqual([]);
  expect(summary.maxError).toBeLessThan(2e-6);
  expect(summary.numPushes).toBeGreaterThan(5000);
  const single = summary.ticks.find(({ numSteps, isLone }) => numSteps === 1 && !isLone)!;
  expect(single.numDispatches).toHaveLength(1);
  expect(single.mostRows).toBeGreaterThan(10 * single.fewestRows);
  for (const key of ["numResets", "numRestores", "numForks", "numLeft"] as const) {
    expect(summary[key], key).toBeGreaterThan(50);
  }
});
