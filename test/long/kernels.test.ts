// All twin cases by every kernel family, in every shape of test/cases/kernelShapes.ts.

import { afterAll, beforeAll, describe, it } from "vitest";
import { openSharedPage } from "../browser/support/openPage.js";
import { kernelShapes } from "../cases/kernelShapes.js";
import { twinCases } from "../cases/twinCases.js";
import { expectIsClose } from "../harness/close.js";

let shared: Awaited<ReturnType<typeof openSharedPage>>;
beforeAll(async () => {
  shared = await openSharedPage();
});
afterAll(() => shared.close());

for (const { name: shape, table } of kernelShapes) {
  describe(`a GRU ${shape}`, () => {
    for (const { id, name } of twinCases) {
      it(`agrees with the reference: ${name}`, async () => {
        const comparisons = await shared.page.evaluate((one, rows) => harness.runTunedTwin(one, rows), id, table);
        for (const comparison of Object.values(comparisons)) expectIsClose(comparison);
      });
    }
  });
}
