// Properties of random networks on WebGPU, as test/unit/properties.test.ts has them on the CPU, and the CPU beside it.
// Not bit for bit: a batch of fewer than four rows of all steps is projected by another kernel, and what a model fixes
// is compiled into its shaders, where a compiler may order or fuse a sum differently.

import * as fc from "fast-check";
import { afterAll, beforeAll, describe, it } from "vitest";
import { propertyCase } from "../cases/arbitrary.js";
import { expectIsClose } from "../harness/close.js";
import type { Comparison } from "../harness/compare.js";
import { type PropertyCase, propertyNames } from "../cases/properties.js";
import { openSharedPage } from "./support/openPage.js";

describe("WebGPU", () => {
  let shared: Awaited<ReturnType<typeof openSharedPage>>;
  beforeAll(async () => {
    shared = await openSharedPage();
  });
  afterAll(() => shared.close());

  for (const name of propertyNames) {
    it(`${name}, within 1e-6`, () =>
      expectForAll((each) => shared.page.evaluate((...args) => harness.checkProperty(...args), name, each, 1e-6)));
  }

  it("gives what the CPU gives, within 4e-6", () =>
    expectForAll((each) => shared.page.evaluate((...args) => harness.compareWithCpu(...args), each, 4e-6)));
});

async function expectForAll(run: (each: PropertyCase) => Promise<Comparison>): Promise<void> {
  let maxError = 0;
  const holds = fc.asyncProperty(propertyCase, async (each) => {
    const comparison = await run(each);
    expectIsClose(comparison);
    maxError = Math.max(maxError, comparison.maxError);
  });
  // Few: each compiles a model or two. test/long/fuzz/networks.test.ts tries more.
  await fc.assert(holds, { seed: 2, numRuns: 6 });
  // oxlint-disable-next-line no-console -- how far from bit for bit on this adapter
  console.log(`largest error ${maxError.toExponential(1)}`);
}
