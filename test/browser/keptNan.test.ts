// On the CPU, all cases: test/unit/keptNan.test.ts.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nanCases } from "../cases/keptNan.js";
import { takesAll } from "../harness/firstOfKind.js";
import { openSharedPage } from "./support/openPage.js";

/**
 * Every function is in the one that WGSL has for all, which dense layers call. Of its use in a GRU's gates a fifth is taken:
 * the four places that a function has there come round.
 */
const isTaken = ({ layer }: (typeof nanCases)[number], i: number) => takesAll || layer.type !== "gru" || i % 5 === 0;

describe("WebGPU keeps NaN", () => {
  let shared: Awaited<ReturnType<typeof openSharedPage>>;

  beforeAll(async () => {
    shared = await openSharedPage();
  });
  afterAll(() => shared.close());

  for (const [i, nanCase] of nanCases.entries()) {
    if (!isTaken(nanCase, i)) continue;
    const { name, expected } = nanCase;
    it(`in ${name}`, async () => {
      const all = expected.map(() => true);
      const { outside, inside } = await shared.page.evaluate((index) => harness.findNan(index), i);
      expect(outside).toEqual([all, all]);
      expect(inside).toEqual([expected, expected]);
    });
  }
});
