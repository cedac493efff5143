// The CPU path against the float64 reference. The cases are in test/twinCases.ts.

import { describe, it } from "vitest";
import { expectIsClose } from "./close.js";
import { runTwin } from "./twin.js";
import { twinCases } from "./twinCases.js";

describe("the CPU", () => {
  for (const twin of twinCases) {
    it(`agrees with the reference for ${twin.name}`, async () => {
      for (const comparison of Object.values(await runTwin(twin, "cpu"))) expectIsClose(comparison);
    });
  }
});
