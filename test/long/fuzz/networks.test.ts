// The properties of random networks, and random networks of all layer types beside the reference, for far more of them than
// test/unit/properties.test.ts, test/unit/anyNetwork.test.ts and their siblings of WebGPU try.

import * as fc from "fast-check";
import { afterAll, beforeAll, describe, it } from "vitest";
import { openSharedPage } from "../../browser/support/openPage.js";
import { anyTwin, seedsFrom } from "../../cases/anyNetwork.js";
import { propertyCase } from "../../cases/arbitrary.js";
import { cpuForms, useCpuForm } from "../../cases/cpuForms.js";
import { checkProperty, type PropertyCase, propertyNames } from "../../cases/properties.js";
import { expectAllClose, expectIsClose } from "../../harness/close.js";
import type { Comparison } from "../../harness/compare.js";
import { runAlsoPushed } from "../../harness/twin.js";

const SEED = 3;
const NUM_NETWORKS = { cpu: 5000, webgpu: 300 };
const ANY_NETWORKS = { cpu: 20_000, webgpu: 1500 };

describe.each(cpuForms)("the CPU in %s", (form) => {
  beforeAll(() => useCpuForm(form));

  for (const name of propertyNames) {
    it(`${name}, bit for bit`, () => expectForAll(NUM_NETWORKS.cpu, (each) => checkProperty(name, each, "cpu", 0)));
  }

  it("gives what the reference gives, whatever the layers", async () => {
    for (const seed of seedsFrom(1001, ANY_NETWORKS.cpu))
      expectAllClose(await runAlsoPushed(anyTwin(seed), "cpu"), `seed ${seed}`);
  });
});

describe("WebGPU", () => {
  let shared: Awaited<ReturnType<typeof openSharedPage>>;
  beforeAll(async () => {
    shared = await openSharedPage();
  });
  afterAll(() => shared.close());

  for (const name of propertyNames) {
    it(`${name}, within 1e-6`, () =>
      expectForAll(NUM_NETWORKS.webgpu, (each) =>
        shared.page.evaluate((...args) => harness.checkProperty(...args), name, each, 1e-6),
      ));
  }

  it("gives what the reference gives, whatever the layers", async () => {
    for (const seed of seedsFrom(1001, ANY_NETWORKS.webgpu)) {
      expectAllClose(await shared.page.evaluate((one) => harness.runAnyTwin(one), seed), `seed ${seed}`);
    }
  });

  it("gives what the CPU gives, within 4e-6", () =>
    expectForAll(NUM_NETWORKS.webgpu, (each) =>
      shared.page.evaluate((...args) => harness.compareWithCpu(...args), each, 4e-6),
    ));
});

async function expectForAll(numRuns: number, run: (each: PropertyCase) => Promise<Comparison>): Promise<void> {
  const holds = fc.asyncProperty(propertyCase, async (each) => expectIsClose(await run(each)));
  await fc.assert(holds, { seed: SEED, numRuns });
}
