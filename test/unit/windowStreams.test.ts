// On WebGPU: test/browser/windowStreams.test.ts.

import { describe, it } from "vitest";
import { cpuForms, useCpuForm } from "../cases/cpuForms.js";
import { pushWindows, windowCases } from "../cases/windowStreams.js";
import { expectIsClose } from "../harness/close.js";

describe.each(cpuForms)("streams on the CPU in %s", (form) => {
  it.each(windowCases)("give what a run gives: %s", async (id) => {
    useCpuForm(form);
    for (const comparison of Object.values(await pushWindows(id, "cpu"))) expectIsClose(comparison);
  });
});
