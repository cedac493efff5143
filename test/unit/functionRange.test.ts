// On WebGPU: test/browser/functionRange.test.ts.

import * as webgru from "webgru";
import { beforeAll, describe, expect, it } from "vitest";
import { cpuForms, useCpuForm } from "../cases/cpuForms.js";
import { type FunctionName, functionRanges, measureFunction } from "../cases/functionRange.js";

describe.each(cpuForms)("the CPU in %s", (form) => {
  beforeAll(() => useCpuForm(form));

  for (const name of Object.keys(functionRanges) as FunctionName[]) {
    it(`computes ${name} of numbers of all sizes`, async () => {
      const extent = await measureFunction(name, "cpu", 1 << 16, webgru);
      const { most, mostOnCpu } = functionRanges[name]!;
      // A quotient of polynomials that float32 rounds is a few of its steps off, and falls by as much.
      expect(extent.error).toBeLessThan(mostOnCpu ?? most ?? 4e-7);
      expect(extent.fall).toBeLessThan(4e-7);
      expect(extent.wrongEnds).toEqual([]);
      expect(functionRanges[name]!.isNearZero ? extent.relativeError : 0).toBeLessThan(4e-7);
    });
  }
});
