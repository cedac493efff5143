// Random networks of all layer types on the CPU, beside the float64 reference. test/long/fuzz/networks.test.ts runs far more.

import { describe, it } from "vitest";
import { anyTwin, seedsFrom } from "../cases/anyNetwork.js";
import { cpuForms, useCpuForm } from "../cases/cpuForms.js";
import { expectAllClose } from "../harness/close.js";
import { runAlsoPushed } from "../harness/twin.js";

describe("random networks of all layer types", () => {
  it.each(cpuForms)("give what the reference gives in %s", async (form) => {
    useCpuForm(form);
    for (const seed of seedsFrom(1, 200)) expectAllClose(await runAlsoPushed(anyTwin(seed), "cpu"), `seed ${seed}`);
  });
});
