// A session takes kernels that the engine has compiled, whatever the numbers of its rows and steps.

import { describe, expect, it } from "vitest";
import { defineNetwork } from "../../src/model/defineNetwork.js";
import type { Network } from "../../src/model/network.js";
import { ALL, NONE } from "../../src/model/outputRequest.js";
import type { DeviceFacts } from "../../src/plan/deviceFacts.js";
import { kernelsOf } from "../../src/plan/plan.js";
import { planSequence } from "../../src/plan/planSequence.js";
import { CANDIDATES, TUNING_TABLE } from "../../src/plan/recurrent/table.js";
import { Tuning, type TuningRow } from "../../src/plan/tuning.js";
import { GpuEngine } from "../../src/runtime/gpuEngine.js";
import { DEFAULT_FACTS, fakeDevice } from "../harness/fakeDevice.js";
import { randomGru, randomMixed, randomStack, randomTextModel, uniform } from "../cases/random.js";

/** On both sides of every bound of the tables, and of a projection's tile. */
const ROWS = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 64, 65];
const STEPS = [1, 2, 3, 4, 7, 8, 15, 16, 63, 64, 1024];

const stack = (hiddenSizes: number[], resetAfter: boolean) =>
  randomStack({ seed: 1, inputSize: 3, hiddenSizes, resetAfter });

const NETWORKS: Record<string, () => Network> = {
  text: () => randomTextModel(1, 11),
  mixed: () => randomMixed(2, "logSoftmax", 7),
  small: () => stack([8, 8, 12], true),
  wavefronts: () => stack([200, 200], true),
  wavefrontsBefore: () => stack([200, 200, 200], false),
  large: () => stack([300], true),
  bidirectional: () =>
    defineNetwork({
      layers: [
        randomGru("a", ["input"], { inputSize: 3, hiddenSize: 196, direction: "bidirectional" }, uniform(3)),
        randomGru("b", ["a"], { inputSize: 392, hiddenSize: 20, direction: "reverse" }, uniform(4)),
      ],
    }),
  lastOnly: () =>
    defineNetwork({
      layers: [
        randomGru("a", ["input"], { inputSize: 3, hiddenSize: 130 }, uniform(5)),
        { ...randomGru("b", ["a"], { inputSize: 130, hiddenSize: 130 }, uniform(6)), returnSequences: false },
      ],
    }),
};

const DEVICES: Record<string, DeviceFacts> = {
  gpu: DEFAULT_FACTS,
  "large gpu": { ...DEFAULT_FACTS, maxComputeInvocationsPerWorkgroup: 1024, maxComputeWorkgroupStorageSize: 65536 },
  nvidia: { ...DEFAULT_FACTS, vendor: "nvidia", concurrentGroups: 96 },
};

/** Kernels of every size of chunk that are not compiled. */
async function missingKernels(network: Network, facts: DeviceFacts, table: readonly TuningRow[]): Promise<Set<string>> {
  const tuning = new Tuning(facts, table);
  const { pipelines, layout } = await GpuEngine.create(network, fakeDevice(facts).choice, "", tuning);
  const missing = new Set<string>();
  for (const maxRows of ROWS) {
    for (const chunkSteps of STEPS) {
      for (const lastOnly of [false, true]) {
        for (const output of [ALL, NONE]) {
          const plan = planSequence(layout, { maxRows, chunkSteps, lastOnly, output, tuning });
          for (const kernel of kernelsOf(plan)) {
            if (!pipelines.has(kernel)) missing.add(`${maxRows} x ${chunkSteps}: ${kernel.label}`);
          }
        }
      }
    }
  }
  return missing;
}

describe("the kernels that an engine compiles", () => {
  for (const [deviceName, facts] of Object.entries(DEVICES)) {
    for (const [tableName, table] of Object.entries(CANDIDATES)) {
      it(`are all that a session takes on a ${deviceName}, by ${tableName}`, async () => {
        for (const [name, network] of Object.entries(NETWORKS)) {
          expect([...(await missingKernels(network(), facts, table))], name).toEqual([]);
        }
      });
    }
  }
});

describe("a software adapter", () => {
  it("compiles kernels in the session that first takes them", async () => {
    const network = stack([20], true);
    const facts = { ...DEFAULT_FACTS, isFallback: true };
    const tuning = new Tuning(facts, TUNING_TABLE);
    const engine = await GpuEngine.create(network, fakeDevice(facts).choice, "", tuning);
    const { pipelines, layout } = engine;
    const namesOf = (maxRows: number, chunkSteps: number) =>
      kernelsOf(planSequence(layout, { maxRows, chunkSteps, lastOnly: false, tuning }))
        .filter((kernel) => pipelines.has(kernel))
        .map(({ label }) => label.split(",")[0]);
    expect([...namesOf(1, 1), ...namesOf(1, 64)]).toEqual([]);
    const session = engine.createSession(1, 64);
    const prepare = async (numSteps: number) => {
      while ((await session.prepare(1, numSteps, false, ALL)) !== null);
    };
    await prepare(64);
    expect(namesOf(1, 1)).toEqual([]);
    expect(namesOf(1, 64)).toEqual(["gru_project I=3 3HD=60 f32", "gru_persistent H=20 16x1 4 units"]);
    await prepare(1);
    expect(namesOf(1, 1)).toEqual(["gru_cell H=20 I=3 from 0"]);
  });
});
