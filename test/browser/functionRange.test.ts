// On the CPU: test/unit/functionRange.test.ts.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FunctionName, functionRanges } from "../cases/functionRange.js";
import { openSharedPage } from "./support/openPage.js";

describe("WebGPU", () => {
  let shared: Awaited<ReturnType<typeof openSharedPage>>;

  beforeAll(async () => {
    shared = await openSharedPage();
  });
  afterAll(() => shared.close());

  for (const name of Object.keys(functionRanges) as FunctionName[]) {
    it(`computes ${name} of numbers of all sizes`, async () => {
      const extent = await shared.page.evaluate((which) => harness.measureFunction(which, "webgpu", 1 << 15), name);
      // exp's own error is within 2 to 4 ULP, and near zero, less 1, as large as ever.
      expect(extent.error).toBeLessThan(functionRanges[name]!.most ?? 4e-7);
      expect(extent.fall).toBeLessThan(4e-7);
      expect(extent.wrongEnds).toEqual([]);
    });
  }
});
