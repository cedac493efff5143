// ONNX models on WebGPU, against what onnxruntime computed.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectIsClose } from "../harness/close.js";
import { onnxruntimeFixtureNames } from "../files/onnxruntimeFixtureFiles.js";
import { openSharedPage } from "./support/openPage.js";

const names = onnxruntimeFixtureNames();

describe("onnxruntime's results", () => {
  let shared: Awaited<ReturnType<typeof openSharedPage>>;
  beforeAll(async () => {
    shared = await openSharedPage();
  });
  afterAll(() => shared.close());

  it("are there", () => {
    expect(names.length).toBeGreaterThan(5);
  });

  for (const name of names) {
    it(`are WebGPU's: ${name}`, async () => {
      const comparisons = await shared.page.evaluate((fixture) => harness.runOnnxruntimeFixture(fixture), name);
      expect(Object.keys(comparisons)).not.toEqual([]);
      for (const comparison of Object.values(comparisons)) expectIsClose(comparison);
    });
  }
});
