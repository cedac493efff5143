// The CPU path against the float64 reference. The cases are in test/cases/twinCases.ts.

import { beforeAll, describe, it } from "vitest";
import { expectIsClose } from "../harness/close.js";
import { cpuForms, useCpuForm } from "../cases/cpuForms.js";
import { runTwin } from "../harness/twin.js";
import { twinCases } from "../cases/twinCases.js";

describe.each(cpuForms)("the CPU in %s", (form) => {
  beforeAll(() => useCpuForm(form));

  for (const twin of twinCases) {
    it(`agrees with the reference for ${twin.name}`, async () => {
      for (const comparison of Object.values(await runTwin(twin, "cpu"))) expectIsClose(comparison);
    });
  }
});
