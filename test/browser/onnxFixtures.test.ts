// ONNX models on WebGPU, against what their frameworks computed.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectIsClose } from "../harness/close.js";
import { onnxFixtureNames } from "../files/onnxFixtureFiles.js";
import { openSharedPage } from "./support/openPage.js";

const names = onnxFixtureNames();

describe("WebGPU", () => {
  let shared: Awaited<ReturnType<typeof openSharedPage>>;
  beforeAll(async () => {
    shared = await openSharedPage();
  });
  afterAll(() => shared.close());

  it("has ONNX fixtures", () => {
    expect(names.length).toBeGreaterThan(0);
  });

  for (const name of names) {
    it(`agrees with ${name}`, async () => {
      const comparisons = await shared.page.evaluate((fixture) => harness.runOnnxFixture(fixture), name);
      expect(Object.keys(comparisons)).not.toEqual([]);
      for (const comparison of Object.values(comparisons)) expectIsClose(comparison);
    });
  }
});
