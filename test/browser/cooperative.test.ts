// Workgroups that wait for each other, on an adapter that runs two of them at once when it has the cores to spare: whether
// they come through or give up, the answer is to be the reference's.

import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RecurrentRow, TUNING_TABLE } from "../../src/plan/recurrent/table.js";
import { expectIsClose } from "../harness/close.js";
import { projectRoot } from "../harness/library.js";
import { openSharedPage } from "./support/openPage.js";

/** Two workgroups for each row and direction of layers of 5 to 7, of 33 or 34 and of 64 to 100 units; one or three for others. */
function cooperativeTable(maxSpins: number): RecurrentRow[] {
  const shape = { kernel: "cooperative", lanes: 2, maxSpins, mayGiveUp: true } as const;
  return [
    { maxHiddenSize: 7, family: { ...shape, workgroupSize: 8 } },
    { maxHiddenSize: 40, family: { ...shape, workgroupSize: 34 } },
    { family: { ...shape, workgroupSize: 100 } },
  ];
}

/** Long enough for most of what two cores do, where they have nothing else to do. */
const PATIENT = 20_000;
const IMPATIENT = 0; // after the first step all is resumed

/** Some of every kind, all reset-after: directions, lengths, storages, several layers. */
const SOME = [
  "i1-h1",
  "i31-h127",
  "bidirectional-after-lengths",
  "bidirectional-after-h130",
  "stack-smaller-after",
  "f16-h33",
];
/** Others: chunks, submits, last steps, lengths. */
const OTHERS = [
  "lengths-chunks",
  "bidirectional-submits",
  "bidirectional-after-lengths",
  "reverse-after-stack",
  "last-of-bidirectional",
  "stack-three-after",
  "f16-h33",
];

let shared: Awaited<ReturnType<typeof openSharedPage>>;
beforeAll(async () => {
  shared = await openSharedPage();
});
afterAll(() => shared.close());

describe("workgroups that wait for each other", () => {
  it(`agree with the reference: ${SOME.length} cases`, () => agree(SOME, PATIENT));

  it(`agree with it where all wait in vain, and all is resumed: ${OTHERS.length} cases`, () =>
    agree(OTHERS, IMPATIENT));

  it("agree with the reference in the shape of the device's own table", async () => {
    const rows = TUNING_TABLE.filter(({ family }) => family.kernel === "cooperative").map(({ family }) => ({ family }));
    expect(rows).toHaveLength(1);
    const comparisons = await shared.page.evaluate((one, table) => harness.runTunedTwin(one, table), "i64-h192", rows);
    for (const comparison of Object.values(comparisons)) expectIsClose(comparison);
  });

  it("are the projection, their kernel and the one that goes on after it, counted", async () => {
    const { numDispatches } = await runAndExplain(cooperativeTable(PATIENT), 1);
    expect(numDispatches[0]).toBe(3);
  });
});

describe("a workgroup that waits for itself alone", () => {
  it("never does so in vain", async () => {
    const lone: RecurrentRow[] = [
      { family: { kernel: "cooperative", workgroupSize: 28, lanes: 4, maxSpins: 1, mayGiveUp: true } },
    ];
    const { explanations, comparisons } = await runAndExplain(lone, 3);
    for (const comparison of comparisons) expectIsClose(comparison);
    expect(explanations.join()).not.toContain("are off");
  });
});

describe("a workgroup that gives up midway", () => {
  const original = readFileSync(`${projectRoot}shaders/recurrent_cooperative.wgsl`, "utf8");
  const wait = "h[k] = awaited(before, k);";
  const midwayCases = ["bidirectional-after", "bidirectional-after-lengths", "lengths-chunks", "bidirectional-submits"];
  const conditions = {
    "the second one at its sixth step": "workgroup_id.x == 1 && step == params.step + 5",
    "the first one of a row at its last step": "workgroup_id.x == 0 && row == 1 && step == end - 1",
    "each at a step of its own": "step == params.step + 3 - workgroup_id.x",
  };
  for (const [which, condition] of Object.entries(conditions)) {
    it(`leaves the rest to be resumed: ${which}`, async () => {
      expect(original).toContain(wait);
      const mutated = original.replace(wait, `${wait} if (${condition}) { is_late = 1; }`);
      const killer = await shared.page.evaluate(
        (mutant, ids, table) => harness.findKiller(mutant, ids, table),
        { original, mutated },
        midwayCases,
        cooperativeTable(2000),
      );
      expect(killer).toBeNull();
    });
  }
});

describe("a device whose workgroups wait in vain", () => {
  it("is left to make single steps after two chunks, which explain() tells", async () => {
    const { numDispatches, explanations, comparisons } = await runAndExplain(cooperativeTable(IMPATIENT), 4);
    for (const comparison of comparisons) expectIsClose(comparison);
    expect(numDispatches).toEqual([3, 3, 1 + 20, 1 + 20]);
    const note =
      /^kernels: the cooperative kernels are off: their workgroups waited in vain for each other in 2 chunks$/m;
    expect(explanations.map((text) => note.test(text))).toEqual([false, true, true, true]);
    expect(explanations.map((text) => /gru_cooperative H=7/.test(text))).toEqual([true, false, false, false]);
  });
});

describe("several chunks under way at once", () => {
  it("go on from where those before were resumed", async () => {
    const { comparison, numCleared } = await shared.page.evaluate(async (rows) => {
      const network = harness.random.oneGru(832, { inputSize: 2, hiddenSize: 5 });
      const model = await harness.createTunedModel(network, rows);
      const input = harness.random.randomInput(network, 5000, 833);
      const expected = harness.runReference(network, { input, batchSize: 1 }).output;
      const calls = harness.recordGpuCalls();
      const { output } = await model.run(input);
      const numClears = calls.filter(
        ({ method, buffers }) => method === "clearBuffer" && /status/.test(buffers[0]!),
      ).length;
      model.dispose();
      return { comparison: harness.compare(output, expected, { atol: 2e-6, rtol: 0 }), numCleared: numClears };
    }, cooperativeTable(IMPATIENT));
    expectIsClose(comparison);
    expect(numCleared).toBe(5);
  });
});

/** Runs cases where workgroups look so often for what they wait for. */
async function agree(ids: readonly string[], maxSpins: number): Promise<void> {
  for (const id of ids) {
    const comparisons = await shared.page.evaluate(
      (one, rows) => harness.runTunedTwin(one, rows),
      id,
      cooperativeTable(maxSpins),
    );
    for (const comparison of Object.values(comparisons)) expectIsClose(comparison);
  }
}

/** Runs a layer of H = 7 some times, 20 steps each, the state going on. */
function runAndExplain(table: RecurrentRow[], numRuns: number) {
  return shared.page.evaluate(
    async (rows, count) => {
      const network = harness.random.oneGru(830, { inputSize: 3, hiddenSize: 7, direction: "forward" });
      const model = await harness.createTunedModel(network, rows);
      const steps = 20;
      const input = harness.random.randomInput(network, count * steps, 831);
      const expected = harness.runReference(network, { input, batchSize: 1 }).output;
      const calls = harness.recordGpuCalls();
      const [numDispatches, explanations, comparisons] = [
        [] as number[],
        [] as string[],
        [] as ReturnType<typeof harness.compare>[],
      ];
      let initialState: Float32Array | undefined;
      for (let run = 0; run < count; run++) {
        calls.length = 0;
        const part = input.subarray(3 * steps * run, 3 * steps * (run + 1));
        const { output, finalState } = await model.run(part, initialState === undefined ? {} : { initialState });
        initialState = finalState;
        numDispatches.push(calls.filter(({ method }) => method === "dispatchWorkgroups").length);
        explanations.push(model.explain());
        const wanted = expected.subarray(7 * steps * run, 7 * steps * (run + 1));
        comparisons.push(harness.compare(output, wanted, { atol: 2e-6, rtol: 0 }));
      }
      model.dispose();
      return { numDispatches, explanations, comparisons };
    },
    table,
    numRuns,
  );
}

describe("the try of how many workgroups run at once", () => {
  const original = readFileSync(`${projectRoot}shaders/recurrent_cooperative.wgsl`, "utf8");
  const table: RecurrentRow[] = [
    {
      minHiddenSize: 6,
      family: { kernel: "cooperative", workgroupSize: 16, lanes: 4, maxSpins: 100, mayGiveUp: true },
    },
  ];
  const see = (hiddenSize: number, name: string, mutated = original) =>
    shared.page.evaluate(
      (size, deviceName, rows, mutant) => {
        const network = harness.random.oneGru(840, { inputSize: 2, hiddenSize: size });
        return harness.seeConcurrentGroups(network, deviceName, rows, mutant);
      },
      hiddenSize,
      name,
      table,
      { original, mutated },
    );

  it("finds less than 32 where they run one after another, and remembers that of the device", async () => {
    expect(await see(9, "one after another")).toEqual({ concurrentGroups: 0, numDispatches: 3 });
    expect(await see(8, "one after another")).toEqual({ concurrentGroups: 0, numDispatches: 0 });
  });

  it("finds the most that it asks for where all come through", async () => {
    const present = original.replace("all(words != vec4u(EMPTY))", "true");
    expect(await see(9, "all at once", present)).toEqual({ concurrentGroups: 256, numDispatches: 1 });
  });

  it("is not made for a network that would not gain by it", async () => {
    expect(await see(5, "another")).toEqual({ numDispatches: 0 });
  });
});
