// All twin cases by every kernel family that makes the steps of a layer, in several shapes.

import { afterAll, beforeAll, describe, it } from "vitest";
import { type RecurrentRow, TUNING_TABLE } from "../../src/plan/recurrent/table.js";
import { openSharedPage } from "../browser/support/openPage.js";
import { FAMILY_TABLES } from "../cases/familyTables.js";
import { deviceTables, type KernelShape, kernelShapes, TABLE_CASES } from "../cases/kernelShapes.js";
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
      it(`agrees with the reference: ${name}`, () => agree(id, table));
    }
  });
}

/** A row's kernel, and its shape where there are several of it. */
function nameOf({ family }: RecurrentRow): string {
  return family.kernel === "step" ? `${family.units}x${family.rows}` : family.kernel;
}

describe("the tables of devices without any one of their kernels", () => {
  for (const kernel of new Set(TUNING_TABLE.map(nameOf))) {
    const rest = TUNING_TABLE.filter((row) => nameOf(row) !== kernel);
    for (const [device, table] of Object.entries(deviceTables(rest))) {
      it(`still give the reference's answers: ${device} without ${kernel}`, async () => {
        for (const id of [...TABLE_CASES, "i8-h64-33-7"]) await agree(id, table);
      });
    }
  }
});

async function agree(id: string, table: readonly RecurrentRow[]): Promise<void> {
  const comparisons = await shared.page.evaluate((one, rows) => harness.runTunedTwin(one, rows), id, table);
  for (const comparison of Object.values(comparisons)) expectIsClose(comparison);
}
