// All twin cases by every kernel family that makes the steps of a layer, in several shapes.

import { afterAll, beforeAll, describe, it } from "vitest";
import { openSharedPage } from "../browser/support/openPage.js";
import { FAMILY_TABLES } from "../cases/familyTables.js";
import { type KernelShape, kernelShapes } from "../cases/kernelShapes.js";
import { twinCases } from "../cases/twinCases.js";
import { expectIsClose } from "../harness/close.js";

let shared: Awaited<ReturnType<typeof openSharedPage>>;
beforeAll(async () => {
  shared = await openSharedPage();
});
afterAll(() => shared.close());

const shapes: Pick<KernelShape, "name" | "table">[] = [
  ...kernelShapes,
  { name: "cooperative, one workgroup", table: FAMILY_TABLES.cooperative },
  { name: "cooperative, all resumed", table: FAMILY_TABLES.resumed },
];

for (const { name: shape, table } of shapes) {
  describe(`a GRU ${shape}`, () => {
    for (const { id, name } of twinCases) {
      it(`agrees with the reference: ${name}`, async () => {
        const comparisons = await shared.page.evaluate((one, rows) => harness.runTunedTwin(one, rows), id, table);
        for (const comparison of Object.values(comparisons)) expectIsClose(comparison);
      });
    }
  });
}
