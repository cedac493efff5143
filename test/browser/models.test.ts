// The shapes of models that people run, on WebGPU, against PyTorch. On the CPU: test/unit/models.test.ts.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { modelFixtureNames } from "../files/modelFixtureFiles.js";
import { expectIsClose } from "../harness/close.js";
import { openSharedPage } from "./support/openPage.js";

describe("WebGPU", () => {
  let shared: Awaited<ReturnType<typeof openSharedPage>>;
  beforeAll(async () => {
    shared = await openSharedPage();
  });
  afterAll(() => shared.close());

  it.each(modelFixtureNames())("gives what PyTorch gives for %s", async (name) => {
    const comparisons = await shared.page.evaluate((file) => harness.runModelFixture(file), name);
    expect(Object.keys(comparisons)).not.toEqual([]);
    for (const comparison of Object.values(comparisons)) expectIsClose(comparison);
  });
});
