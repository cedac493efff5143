// WebGPU against results of other programs, a fixture for each kind of layer; all of them in test/long. A network's files in other formats are test/unit/fixtures.test.ts's affair.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectIsClose } from "../harness/close.js";
import { fixtureNetwork, largestError } from "../files/fixture.js";
import { errorTable, fixtureNames, fixtureParts, readFixture } from "../files/fixtureFiles.js";
import { firstOfKind } from "../harness/firstOfKind.js";
import { openSharedPage } from "./support/openPage.js";

const names = await firstOfKind(fixtureNames(), (name) => {
  const { fixture, bytes, files } = readFixture(name);
  return fixtureNetwork(fixture, bytes, files);
});

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
    expect(names.length).toBeGreaterThan(30);
  });

  for (const name of names) {
    it(`agrees with ${name}`, async () => {
      const comparisons = await shared.page.evaluate(
        (...args) => harness.runFixture(...args),
        name,
        fixtureParts(name),
      );
      errors.set(name, [largestError(comparisons)]);
      for (const comparison of Object.values(comparisons)) expectIsClose(comparison);
    });
  }
});
