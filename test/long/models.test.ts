// Models that pages load, for 1,000 frames of a stream on either device: what onnxruntime gives.

import { describe, expect, it } from "vitest";
import { openPage } from "../browser/support/openPage.js";
import { FRAME_COUNTS, runSilero, sileros } from "../cases/silero.js";
import { readSilero } from "../files/sileroFiles.js";
import { expectIsClose } from "../harness/close.js";
import type { Comparison } from "../harness/compare.js";

const NUM_FRAMES = FRAME_COUNTS[1];

describe.each(sileros)("Silero VAD $id", ({ id }) => {
  const { silero, bytes, fixture } = readSilero(id);

  it("is onnxruntime's on the CPU", async () => {
    expectAllClose(await runSilero(silero, bytes, fixture, NUM_FRAMES, "cpu"));
  });

  it("is onnxruntime's on WebGPU", async () => {
    const page = await openPage();
    const encoded = Buffer.from(bytes).toString("base64");
    const run = [silero, encoded, fixture, NUM_FRAMES] as const;
    expectAllClose(await page.evaluate((...args) => harness.runSilero(...args), ...run));
  });

  function expectAllClose(comparisons: Record<string, Comparison>): void {
    expect(Object.keys(comparisons)).toEqual(["output", ...Object.values(silero.states)]);
    for (const comparison of Object.values(comparisons)) expectIsClose(comparison);
  }
});
