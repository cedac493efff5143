// ONNX models on WebGPU, against what their frameworks computed, one for each kind of layer; all of them in test/long.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectIsClose } from "../harness/close.js";
import { readOnnxFixture } from "../files/onnxFixture.js";
import { onnxFixtureNames, readOnnxFixtureFile } from "../files/onnxFixtureFiles.js";
import { firstOfKind } from "../harness/firstOfKind.js";
import { openSharedPage } from "./support/openPage.js";

const names = await firstOfKind(onnxFixtureNames(), (name) => {
  const { fixture, bytes } = readOnnxFixtureFile(name);
  return readOnnxFixture(fixture, bytes);
});

describe("WebGPU", () => {
  let shared: Awaited<ReturnType<typeof openSharedPage>>;
  beforeAll(async () => {
    shared = await openSharedPage();
  });
  afterAll(() => shared.close());

  it("has ONNX fixtures", () => {
    expect(names.length).toBeGreaterThan(10);
  });

  for (const name of names) {
    it(`agrees with ${name}`, async () => {
      const comparisons = await shared.page.evaluate((fixture) => harness.runOnnxFixture(fixture), name);
      expect(Object.keys(comparisons)).not.toEqual([]);
      for (const comparison of Object.values(comparisons)) expectIsClose(comparison);
    });
  }
});
