import { expect, it } from "vitest";
import { runCampaign } from "../cases/streamCampaign.js";

it("keeps 40 streams on the CPU apart that come, push, part and go", async () => {
  const request = { device: "cpu", seed: 700, numStreams: 40, numTicks: 300, pushProbability: 0.5 } as const;
  const summary = await runCampaign(request);
  expect(summary.failures).toEqual([]);
  expect(summary.maxError).toBeLessThan(2e-6);
  expect(summary.numPushes).toBeGreaterThan(5000);
  for (const key of ["numResets", "numRestores", "numForks", "numLeft", "numRefused"] as const) {
    expect(summary[key], key).toBeGreaterThan(10);
  }
});
