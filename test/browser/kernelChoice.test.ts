// Every kernel family, taken whatever the device would choose, against the float64 reference.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type GruRow, TUNING_TABLE } from "../../src/plan/gru/table.js";
import { expectIsClose } from "../harness/close.js";
import { twinCases } from "../cases/twinCases.js";
import { WHOLE_NETWORK_NAMES } from "../cases/wholeNetworks.js";
import { openSharedPage } from "./page.js";

/** Workgroups of several shapes: an invocation for each unit, several, fewer than one. */
const PERSISTENT: Record<string, { table: GruRow[]; cases: RegExp }> = {
  "one invocation a unit": {
    table: [{ family: { kernel: "persistent", workgroupSize: 64, lanes: 1 } }],
    cases: /^I=(1|3|4|2) |lengths|int8|clip/,
  },
  "lanes that share a unit": {
    table: [{ family: { kernel: "persistent", workgroupSize: 128, lanes: 4 } }],
    cases: /^I=(3|4|9) |bidirectional|f16/,
  },
  "four units by one invocation": {
    table: [{ family: { kernel: "persistent", workgroupSize: 16, lanes: 1, units: 4 } }],
    cases: /^I=(1|4|31) .*after|bidirectional, reset after|int8, bidirectional|clip.*after/,
  },
  "fewer invocations than units": {
    table: [{ family: { kernel: "persistent", workgroupSize: 16, lanes: 2 } }],
    cases: /^I=(1|2|9|31) |reverse|text model/,
  },
};

let shared: Awaited<ReturnType<typeof openSharedPage>>;
beforeAll(async () => {
  shared = await openSharedPage();
});
afterAll(() => shared.close());

describe("all steps of a layer in one dispatch", () => {
  for (const [shape, { table, cases }] of Object.entries(PERSISTENT)) {
    const names = twinCases
      .filter(({ name, generation, sequenceLength }) => cases.test(name) && !generation && sequenceLength <= 60)
      .map(({ name }) => name);
    it(`agree with the reference, ${shape}: ${names.length} cases`, async () => {
      expect(names.length).toBeGreaterThan(5);
      for (const name of names) {
        const comparisons = await shared.page.evaluate((one, rows) => harness.runTunedTwin(one, rows), name, table);
        for (const comparison of Object.values(comparisons)) expectIsClose(comparison);
      }
    });
  }

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
  table: GruRow[],
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
  const table: GruRow[] = [{ family: { kernel: "wavefront" } }];
  for (const { name } of twinCases.filter((twin) => /a stack of/.test(twin.name))) {
    it(`agree with the reference: ${name}`, async () => {
      const comparisons = await shared.page.evaluate((one, rows) => harness.runTunedTwin(one, rows), name, table);
      for (const comparison of Object.values(comparisons)) expectIsClose(comparison);
    });
  }

  it("are as many wavefronts as steps and layers less one, and the projection, counted", async () => {
    const [T, L] = [40, 4];
    expect(await countDispatches(table, T, { resetAfter: true, numLayers: L })).toBe(1 + (T + L - 1));
    expect(await countDispatches(table, T, { resetAfter: false, numLayers: L })).toBe(1 + 2 * (T + L - 1));
  });
});

/** Ways to make one step, and the cases in which they differ: units and rows past the last four, directions, lengths, storages. */
const STEPS: Record<string, { family: GruRow["family"]; cases: RegExp }> = {
  "one unit of one row": {
    family: { kernel: "step", units: 1, rows: 1 },
    cases: /^I=(1|17|64) .*after|bidirectional.*lengths|int8, a stack|clip.*after/,
  },
  "one unit of one row, from the input": {
    family: { kernel: "cell" },
    cases: /^I=(1|4|17|31|64|7) .*after|bidirectional.*lengths|H=33|int8|clip.*after|text model|concatenations/,
  },
  "four units of one row": {
    family: { kernel: "step", units: 4, rows: 1 },
    cases: /^I=(1|4|17|31|64|7) .*after|bidirectional.*lengths|H=33|int8, a stack|clip.*after/,
  },
  "one unit of four rows": {
    family: { kernel: "step", units: 1, rows: 4 },
    cases: /^I=(4|8|31) |bidirectional.*lengths|H=33|clip|B=5 T=10,/,
  },
};

for (const [share, { family, cases }] of Object.entries(STEPS)) {
  describe(`a step, ${share} by one invocation`, () => {
    for (const { name } of twinCases.filter((twin) => cases.test(twin.name))) {
      it(`agrees with the reference: ${name}`, async () => {
        const table: GruRow[] = [{ family }];
        const comparisons = await shared.page.evaluate((one, rows) => harness.runTunedTwin(one, rows), name, table);
        for (const comparison of Object.values(comparisons)) expectIsClose(comparison);
      });
    }
  });
}

/** The same on every device. */
function onAnyAdapter(row: GruRow): GruRow {
  const { adapter: _adapter, vendor: _vendor, ...rest } = row;
  return rest;
}

/** A row's kernel, and its shape where there are several of it. */
function nameOf({ family }: GruRow): string {
  return family.kernel === "step" ? `${family.units}x${family.rows}` : family.kernel;
}

describe("the device's table without any one of its kernels", () => {
  const names = ["I=8 H=64,33,7 B=5 T=100, reset after", "a stack of three, reset after, lengths", "f16, a text model"];
  for (const kernel of new Set(TUNING_TABLE.map(nameOf))) {
    it(`still gives the reference's answers: ${kernel}`, async () => {
      // Also where the table is a GPU's: this adapter computes its kernels too.
      const rest = TUNING_TABLE.filter((row) => nameOf(row) !== kernel);
      for (const table of [rest, rest.filter(({ adapter }) => adapter !== "software").map(onAnyAdapter)]) {
        for (const name of names) {
          const comparisons = await shared.page.evaluate((one, rows) => harness.runTunedTwin(one, rows), name, table);
          for (const comparison of Object.values(comparisons)) expectIsClose(comparison);
        }
      }
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
