// On WebGPU: test/browser/keptNan.test.ts.

import * as webgru from "webgru";
import { beforeAll, describe, expect, it } from "vitest";
import { cpuForms, useCpuForm } from "../cases/cpuForms.js";
import { findNan, nanCases } from "../cases/keptNan.js";

describe.each(cpuForms)("the CPU in %s keeps NaN", (form) => {
  beforeAll(() => useCpuForm(form));

  for (const nanCase of nanCases) {
    const { name, expected } = nanCase;
    it(`in ${name}`, async () => {
      const all = expected.map(() => true);
      const { outside, inside } = await findNan(nanCase, "cpu", webgru);
      expect(outside).toEqual([all, all]);
      // Plain JavaScript's sums are float64's, which hold the products: none comes up.
      const own = expected.map((isNan) => isNan && form !== "plain JavaScript");
      expect(inside).toEqual([own, own]);
    });
  }
});
