// WebGPU against what other programs computed.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectIsClose } from "../close.js";
import { largestError } from "../fixture.js";
import { errorTable, fixtureNames, modelEndings } from "../fixtureFiles.js";
import { openSharedPage } from "./page.js";

const names = fixtureNames();

describe("WebGPU", () => {
  const errors = new Map(names.map((name) => [name, [NaN]]));
  let shared: Awaited<ReturnType<typeof openSharedPage>>;
  beforeAll(async () => {
    shared = await openSharedPage();
  });
  afterAll(async () => {
    // oxlint-disable-next-line no-console -- the numbers behind the claim
    console.log(errorTable(["webgpu"], errors));
    await shared.close();
  });

  it("has fixtures", () => {
    expect(names.length).toBeGreaterThan(0);
  });

  for (const name of names) {
    it(`agrees with ${name}`, async () => {
      const comparisons = await shared.page.evaluate((fixture) => harness.runFixture(fixture), name);
      errors.set(name, [largestError(comparisons)]);
      for (const comparison of Object.values(comparisons)) expectIsClose(comparison);
    });

    for (const ending of modelEndings(name).filter((other) => other !== "safetensors")) {
      it(`agrees with ${name}, from its .${ending} file`, async () => {
        const comparisons = await shared.page.evaluate(([fixture, file]) => harness.runFixture(fixture, file), [
          name,
          ending,
        ] as const);
        for (const comparison of Object.values(comparisons)) expectIsClose(comparison);
      });
    }
  }
});
