// On the CPU: test/unit/windowStreams.test.ts.

import { afterAll, beforeAll, describe, it } from "vitest";
import { windowCases } from "../cases/windowStreams.js";
import { expectIsClose } from "../harness/close.js";
import { openSharedPage } from "./support/openPage.js";

describe("streams on WebGPU", () => {
  let shared: Awaited<ReturnType<typeof openSharedPage>>;
  beforeAll(async () => {
    shared = await openSharedPage();
  });
  afterAll(() => shared.close());

  it.each(windowCases)("give what a run gives: %s", async (id) => {
    const comparisons = await shared.page.evaluate((name) => harness.pushWindows(name), id);
    for (const comparison of Object.values(comparisons)) expectIsClose(comparison);
  });
});
