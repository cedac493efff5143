// WebGPU against the float64 reference. The cases are in test/cases/twinCases.ts.

import { afterAll, beforeAll, describe, it } from "vitest";
import { expectIsClose } from "../harness/close.js";
import { twinCases } from "../cases/twinCases.js";
import { openSharedPage } from "./support/openPage.js";

describe("WebGPU", () => {
  // One page for all cases: a device is made and let go for each, and opening a page takes longer than most.
  let shared: Awaited<ReturnType<typeof openSharedPage>>;
  beforeAll(async () => {
    shared = await openSharedPage();
  });
  afterAll(() => shared.close());

  for (const { id, name } of twinCases) {
    it(`agrees with the reference for ${name}`, async () => {
      const comparisons = await shared.page.evaluate((each) => harness.runTwin(each), id);
      for (const comparison of Object.values(comparisons)) expectIsClose(comparison);
    });
  }
});
