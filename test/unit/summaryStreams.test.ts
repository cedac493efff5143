// On WebGPU: test/browser/summaryStreams.test.ts.

import { describe, it } from "vitest";
import { cpuForms, useCpuForm } from "../cases/cpuForms.js";
import { pushSummaries, summaryCases } from "../cases/summaryStreams.js";
import { expectIsClose } from "../harness/close.js";

describe.each(cpuForms)("streams on the CPU in %s", (form) => {
  it.each(summaryCases)("give the summary of all steps so far: %s", async (id) => {
    useCpuForm(form);
    for (const comparison of Object.values(await pushSummaries(id, "cpu"))) expectIsClose(comparison);
  });
});
