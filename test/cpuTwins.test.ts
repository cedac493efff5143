// The CPU path against the float64 reference. The cases are in test/twinCases.ts.

import { beforeAll, describe, it } from "vitest";
import { expectIsClose } from "./close.js";
import { cpuForms, useCpuForm } from "./cpuForms.js";
import { runTwin } from "./twin.js";
import { twinCases } from "./twinCases.js";

describe.each(cpuForms)("the CPU in %s", (form) => {
  beforeAll(() => useCpuForm(form));

  for (const twin of twinCases) {
    it(`agrees with the reference for ${twin.name}`, async () => {
      for (const comparison of Object.values(await runTwin(twin, "cpu"))) expectIsClose(comparison);
    });
  }
});
