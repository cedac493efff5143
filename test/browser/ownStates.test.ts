// On the CPU: test/unit/ownStates.test.ts.

import { expect, it } from "vitest";
import { openSharedPage } from "./support/openPage.js";

it("begins with a layer's own state on WebGPU: runs, streams, after a reset, texts", async () => {
  const { page, close } = await openSharedPage();
  const comparisons = await page.evaluate(() => harness.beginFromOwnStates("webgpu"));
  await close();
  expect(Object.entries(comparisons).filter(([, { isClose }]) => !isClose)).toEqual([]);
});
