// Crowds of streams that come, push, part, reset and go at random, each beside the reference. The seed makes a campaign:
// another one is another campaign.

import { describe, expect, it } from "vitest";
import { openPage } from "../browser/support/openPage.js";
import { type CampaignSummary, runCampaign } from "../cases/streamCampaign.js";

const SEED = 700;
const NUM_TICKS = 1000;

/** Of 10,000 streams a tenth push in a tick: five million pushes would take hours on a software adapter. */
const CROWDS = [
  { numStreams: 1, pushProbability: 0.5 },
  { numStreams: 100, pushProbability: 0.5 },
  { numStreams: 10_000, pushProbability: 0.1 },
];

describe.each(CROWDS)("$numStreams streams, $pushProbability of which push in a tick", (crowd) => {
  it("are right on WebGPU, in as many dispatches however many push", async () => {
    const page = await openPage();
    const request = { device: "webgpu", seed: SEED, numTicks: NUM_TICKS, ...crowd } as const;
    expectRight(await page.evaluate((each) => harness.runWatchedCampaign(each), request));
  });

  it("are right on the CPU", async () => {
    expectRight(await runCampaign({ device: "cpu", seed: SEED, numTicks: NUM_TICKS, ...crowd }));
  });
});

function expectRight(summary: CampaignSummary): void {
  // oxlint-disable-next-line no-console -- how much was asked of the device
  console.log(JSON.stringify(summary, null, 2));
  expect(summary.failures).toEqual([]);
}
