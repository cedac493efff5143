// On the CPU: test/unit/keptNan.test.ts.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nanCases } from "../cases/keptNan.js";
import { openSharedPage } from "./support/openPage.js";

describe("WebGPU keeps NaN", () => {
  let shared: Awaited<ReturnType<typeof openSharedPage>>;

  beforeAll(async () => {
    shared = await openSharedPage();
  });
  afterAll(() => shared.close());

  for (const [i, { name, expected }] of nanCases.entries()) {
    it(`in ${name}`, async () => {
      const all = expected.map(() => true);
      const { outside, inside } = await shared.page.evaluate((index) => harness.findNan(index), i);
      expect(outside).toEqual([all, all]);
      expect(inside).toEqual([expected, expected]);
    });
  }
});
