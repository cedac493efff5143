// WebGPU against what other programs computed.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectIsClose } from "../harness/close.js";
import { largestError } from "../files/fixture.js";
import { errorTable, fixtureNames, fixtureParts, otherEndings } from "../files/fixtureFiles.js";
import { openSharedPage } from "./support/openPage.js";

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

  const run = (name: string, ending?: string) =>
    shared.page.evaluate((fixture, parts) => harness.runFixture(fixture, parts), name, fixtureParts(name, ending));

  for (const name of names) {
    it(`agrees with ${name}`, async () => {
      const comparisons = await run(name);
      errors.set(name, [largestError(comparisons)]);
      for (const comparison of Object.values(comparisons)) expectIsClose(comparison);
    });

    for (const ending of otherEndings(name)) {
      it(`agrees with ${name}, from its ${ending} file`, async () => {
        for (const comparison of Object.values(await run(name, ending))) expectIsClose(comparison);
      });
    }
  }
});
