// The CPU path against the float64 reference. The cases are in test/cases/twinCases.ts.

import { beforeAll, describe, it } from "vitest";
import { createModel } from "webgru";
import { expectIsClose } from "../harness/close.js";
import { cpuForms, useCpuForm } from "../cases/cpuForms.js";
import { compareTwinOn, type PreparedTwin, prepareTwin } from "../harness/twin.js";
import { twinCases } from "../cases/twinCases.js";

describe.each(twinCases)("$name", (twin) => {
  // Once for all forms: the reference takes longer than they.
  let prepared: PreparedTwin;
  beforeAll(() => void (prepared = prepareTwin(twin)));

  it.each(cpuForms)("is the reference's in %s", async (form) => {
    useCpuForm(form);
    const model = await createModel(prepared.network, { device: "cpu" });
    for (const comparison of Object.values(await compareTwinOn(prepared, model))) expectIsClose(comparison);
  });
});
