// ONNX models on WebGPU, against what onnxruntime computed, one for each kind of layer; all of them in test/long.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectIsClose } from "../harness/close.js";
import { parseOnnx } from "../../src/entries/onnx.js";
import { onnxruntimeFixtureNames, readOnnxruntimeFixture } from "../files/onnxruntimeFixtureFiles.js";
import { firstOfKind } from "../harness/firstOfKind.js";
import { openSharedPage } from "./support/openPage.js";

const names = await firstOfKind(onnxruntimeFixtureNames(), (name) => {
  const { fixture, bytes } = readOnnxruntimeFixture(name);
  return parseOnnx(bytes, fixture.options);
});

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
