// On the CPU: test/unit/summaryStreams.test.ts.

import { afterAll, beforeAll, describe, it } from "vitest";
import { summaryCases } from "../cases/summaryStreams.js";
import { expectIsClose } from "../harness/close.js";
import { openSharedPage } from "./support/openPage.js";

describe("streams on WebGPU", () => {
  let shared: Awaited<ReturnType<typeof openSharedPage>>;
  beforeAll(async () => {
    shared = await openSharedPage();
  });
  afterAll(() => shared.close());

  it.each(summaryCases)("give the summary of all steps so far: %s", async (id) => {
    const comparisons = await shared.page.evaluate((name) => harness.pushSummaries(name), id);
    for (const comparison of Object.values(comparisons)) expectIsClose(comparison);
  });
});
