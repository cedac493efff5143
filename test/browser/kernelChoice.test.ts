// Every kernel family, taken whatever the device would choose, against the float64 reference: a few cases of each.
// test/long/kernels.test.ts runs all.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RecurrentRow } from "../../src/plan/recurrent/table.js";
import { expectIsClose } from "../harness/close.js";
import { deviceTables, kernelShapes, TABLE_CASES } from "../cases/kernelShapes.js";
import { casesOf } from "../cases/twinCases.js";
import { WHOLE_NETWORK_NAMES } from "../cases/wholeNetworks.js";
import { openSharedPage } from "./support/openPage.js";

let shared: Awaited<ReturnType<typeof openSharedPage>>;
beforeAll(async () => {
  shared = await openSharedPage();
});
afterAll(() => shared.close());

for (const { name: shape, table, cases } of kernelShapes) {
  describe(`a GRU ${shape}`, () => {
    for (const { id, name } of casesOf(cases)) {
      it(`agrees with the reference: ${name}`, () => agree(id, table));
    }
  });
}

async function agree(id: string, table: readonly RecurrentRow[]): Promise<void> {
  const comparisons = await shared.page.evaluate((one, rows) => harness.runTunedTwin(one, rows), id, table);
  for (const comparison of Object.values(comparisons)) expectIsClose(comparison);
}

describe("all steps of a layer in one dispatch", () => {
  it("are the projection and one more, counted", async () => {
    const dispatches = await countDispatches([{ family: { kernel: "persistent", workgroupSize: 128, lanes: 1 } }], 40);
    expect(dispatches).toBe(2);
  });

  it("are one and a dispatch for each step where the device does better by that, counted", async () => {
    expect(await countDispatches([], 40)).toBe(41);
  });
});

/** Dispatches of a run of layers of H = 128, warmed up. */
async function countDispatches(
  table: RecurrentRow[],
  numSteps: number,
  stack = { resetAfter: true, numLayers: 1 },
): Promise<number> {
  return shared.page.evaluate(
    async (rows, steps, { resetAfter, numLayers }) => {
      const hiddenSizes = Array.from({ length: numLayers }, () => 128);
      const network = harness.random.randomStack({ seed: 800, inputSize: 6, hiddenSizes, resetAfter });
      const model = await harness.createTunedModel(network, rows);
      const input = harness.random.randomInput(network, steps, 5);
      await model.run(input);
      const calls = harness.recordGpuCalls();
      await model.run(input);
      const count = calls.filter(({ method }) => method === "dispatchWorkgroups").length;
      model.dispose();
      return count;
    },
    table,
    numSteps,
    stack,
  );
}

describe("all layers of a stack in one dispatch, wavefront by wavefront", () => {
  const table: RecurrentRow[] = [{ family: { kernel: "wavefront" } }];

  it("are as many wavefronts as steps and layers less one, and the projection, counted", async () => {
    const [T, L] = [40, 4];
    expect(await countDispatches(table, T, { resetAfter: true, numLayers: L })).toBe(1 + (T + L - 1));
    expect(await countDispatches(table, T, { resetAfter: false, numLayers: L })).toBe(1 + 2 * (T + L - 1));
  });
});

describe("the tables of devices", () => {
  for (const [name, table] of Object.entries(deviceTables())) {
    it(`give the reference's answers: ${name}`, async () => {
      for (const id of TABLE_CASES) await agree(id, table);
    });
  }
});

describe("a few steps of a whole network in one dispatch", () => {
  for (const name of WHOLE_NETWORK_NAMES) {
    for (const batchSize of [1, 3]) {
      it(`agree with the reference: ${name}, B=${batchSize}`, async () => {
        const { comparison, numDispatches } = await shared.page.evaluate(
          (one, rows) => harness.pushWholeNetwork(one, rows),
          name,
          batchSize,
        );
        expectIsClose(comparison);
        expect(numDispatches).toBe(1);
      });
    }
  }
});

describe("autotune", () => {
  it("tries kernels on the device, tells which, and knows it in the next page too", async () => {
    const load = () =>
      shared.page.evaluate(async () => {
        const network = harness.random.oneGru(820, { inputSize: 3, hiddenSize: 24 });
        const model = await harness.webgru.createModel(network, { device: "webgpu", autotune: true });
        const input = harness.random.randomInput(network, 20, 821);
        const { output } = await model.run(input);
        const expected = harness.runReference(network, { input, batchSize: 1 }).output;
        const comparison = harness.compare(output, expected, { atol: 2e-6, rtol: 0 });
        const line = model
          .explain()
          .split("\n")
          .find((each) => each.startsWith("kernels: "));
        model.dispose();
        return { comparison, line };
      });
    const first = await load();
    expectIsClose(first.comparison);
    expect(first.line).toMatch(/, the fastest of those tried \(the device's table \d+\.\d\d ms/);
    await shared.page.reload();
    await shared.page.waitForFunction(() => "harness" in globalThis);
    const second = await load();
    expectIsClose(second.comparison);
    expect(second.line).toMatch(/, the fastest here when it was tried \(the device's table \d+\.\d\d ms/);
  });
});
