// Silero VAD, the file that pages load, streamed on the CPU: what onnxruntime gives. 1,000 frames, and WebGPU: test/long/models.test.ts.

import { describe, expect, it } from "vitest";
import { cpuForms, useCpuForm } from "../cases/cpuForms.js";
import { FRAME_COUNTS, runSilero, sileros } from "../cases/silero.js";
import { readSilero } from "../files/sileroFiles.js";
import { expectIsClose } from "../harness/close.js";

describe("Silero VAD", () => {
  it.each(sileros)("$id is onnxruntime's, frame by frame", async ({ id }) => {
    useCpuForm(cpuForms[0]!);
    const { silero, bytes, fixture } = readSilero(id);
    const comparisons = await runSilero(silero, bytes, fixture, FRAME_COUNTS[0], "cpu");
    expect(Object.keys(comparisons)).toEqual(["output", ...Object.values(silero.states)]);
    for (const comparison of Object.values(comparisons)) expectIsClose(comparison);
  });
});
