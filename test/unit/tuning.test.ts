import { describe, expect, it } from "vitest";
import type { DeviceFacts } from "../../src/plan/deviceFacts.js";
import { dispatchesOf, type Plan } from "../../src/plan/plan.js";
import { TUNING_TABLE } from "../../src/plan/recurrent/table.js";
import { planSequence, surveySequence } from "../../src/plan/planSequence.js";
import { type RowsAndSteps, Tuning } from "../../src/plan/tuning.js";
import { defineNetwork } from "../../src/model/defineNetwork.js";
import { layOut, planOf } from "../harness/planning.js";
import { type GruShape, oneGru, randomDense, randomStack, uniform } from "../cases/random.js";

/** A discrete GPU that was seen to run as many workgroups at once as are ever tried. */
const nvidia: DeviceFacts = {
  isFallback: false,
  vendor: "nvidia",
  concurrentGroups: 256,
  maxBufferSize: 2 ** 28,
  maxStorageBufferBindingSize: 2 ** 27,
  maxComputeWorkgroupsPerDimension: 65535,
  maxComputeInvocationsPerWorkgroup: 1024,
  maxComputeWorkgroupStorageSize: 49152,
};

/** Names of the kernels that take a layer through all steps at once; null for single steps. */
function familyOf(
  facts: DeviceFacts,
  shape: Partial<GruShape>,
  size: RowsAndSteps = [1, 64],
  tuning = new Tuning(facts, TUNING_TABLE),
): string[] | null {
  const layout = layOut(oneGru(1, { inputSize: 1, hiddenSize: 256, ...shape }), facts);
  const [maxRows, chunkSteps] = size;
  const { stages } = planSequence(layout, { maxRows, chunkSteps, lastOnly: false, tuning });
  const stage = stages.find(({ type }) => type === "persistent");
  return stage === undefined ? null : dispatchesOf(stage).map(({ kernel }) => kernel.entryPoint);
}

const COOPERATIVE = ["recurrent_cooperative", "recurrent_persistent"];

describe("the table of kernels", () => {
  it("has workgroups wait for each other on NVIDIA, where twice as many were seen to run at once", () => {
    expect(familyOf(nvidia, {})).toEqual(COOPERATIVE);
    expect(familyOf({ ...nvidia, concurrentGroups: 32 }, {})).toEqual(COOPERATIVE); // 256 / 16 = 16 of them
    expect(familyOf({ ...nvidia, concurrentGroups: 31 }, {})).toBeNull();
    expect(familyOf({ ...nvidia, concurrentGroups: 0 }, {})).toBeNull();
    const { concurrentGroups: _, ...unproven } = nvidia;
    expect(familyOf(unproven, {})).toBeNull();
  });

  for (const vendor of ["apple", "arm", "qualcomm", "intel", "amd", "img-tec", ""]) {
    it(`never has them on another vendor's: ${vendor || "one that is not told"}`, () => {
      expect(familyOf({ ...nvidia, vendor }, {})).toBeNull();
    });
  }

  it("never has them on a software adapter, whatever it says of itself", () => {
    expect(familyOf({ ...nvidia, isFallback: true }, { hiddenSize: 300 })).toBeNull();
  });

  it("has them for the layers and chunks that gain by it alone", () => {
    expect(familyOf(nvidia, { hiddenSize: 192 })).toEqual(COOPERATIVE);
    expect(familyOf(nvidia, { hiddenSize: 191 })).toBeNull();
    expect(familyOf(nvidia, {}, [1, 16])).toEqual(COOPERATIVE);
    expect(familyOf(nvidia, {}, [1, 15])).toBeNull();
    expect(familyOf(nvidia, {}, [4, 16])).toEqual(COOPERATIVE);
    expect(familyOf(nvidia, {}, [5, 16])).toBeNull();
    expect(familyOf(nvidia, { resetAfter: false })).toBeNull();
  });

  it("counts the workgroups of all rows and directions", () => {
    const facts = { ...nvidia, concurrentGroups: 128 };
    expect(familyOf(facts, { direction: "bidirectional" }, [2, 64])).toEqual(COOPERATIVE);
    expect(familyOf(facts, { direction: "bidirectional" }, [3, 64])).toBeNull();
  });

  it("leaves them where what goes on after them lacks the memory", () => {
    const shape = { hiddenSize: 512 };
    expect(familyOf({ ...nvidia, maxComputeWorkgroupStorageSize: 16384 }, shape)).toEqual(COOPERATIVE);
    expect(familyOf({ ...nvidia, maxComputeWorkgroupStorageSize: 10240 }, shape)).toBeNull();
  });

  it("takes the largest layer that a workgroup's memory on NVIDIA has room for", () => {
    expect(familyOf(nvidia, { hiddenSize: 1536 })).toEqual(COOPERATIVE);
    expect(familyOf(nvidia, { hiddenSize: 1537 })).toBeNull();
  });

  it("gives up the family after two chunks that failed, and says so", () => {
    const tuning = new Tuning(nvidia, TUNING_TABLE);
    tuning.noteFailure();
    expect(tuning.note).toBe("");
    expect(familyOf(nvidia, {}, [1, 64], tuning)).toEqual(COOPERATIVE);
    tuning.noteFailure();
    const note = "the cooperative kernels are off: their workgroups waited in vain for each other in 2 chunks";
    expect(tuning.note).toBe(note);
    expect(familyOf(nvidia, {}, [1, 64], tuning)).toBeNull();
    tuning.noteFailure(); // of a chunk that was under way
    expect(tuning.note).toBe(note);
  });

  it("has kernels compiled for all that it chooses then", () => {
    const network = randomStack({ seed: 2, inputSize: 1, hiddenSizes: [200, 200], resetAfter: true });
    const layout = layOut(network, nvidia);
    const tuning = new Tuning(nvidia, TUNING_TABLE);
    const labelsOf = (plan: (...given: Parameters<typeof planSequence>) => Plan, [maxRows, chunkSteps]: RowsAndSteps) =>
      plan(layout, { maxRows, chunkSteps, lastOnly: false, tuning })
        .stages.flatMap(dispatchesOf)
        .map(({ kernel }) => kernel.label);
    const known = labelsOf((...given) => surveySequence(...given, "all"), [1, 1]);
    const sizes: RowsAndSteps[] = [
      [1, 64],
      [4, 16],
      [5, 1024],
    ];
    expect(labelsOf(planSequence, [1, 64]).join()).toContain("gru_cooperative");
    for (const size of sizes) for (const label of labelsOf(planSequence, size)) expect(known).toContain(label);
    tuning.noteFailure();
    tuning.noteFailure();
    for (const size of sizes) {
      const labels = labelsOf(planSequence, size);
      expect(labels.join()).not.toContain("gru_cooperative");
      for (const label of labels) expect(known).toContain(label);
    }
  });
});

describe("on a software adapter, the table", () => {
  const facts = { ...nvidia, isFallback: true };
  const labelsOf = (hiddenSize: number, [maxRows, chunkSteps]: RowsAndSteps, resetAfter = true) => {
    const network = oneGru(5, { inputSize: 1, hiddenSize, resetAfter });
    return planOf(network, { maxRows, chunkSteps, lastOnly: false }, { facts, table: TUNING_TABLE })
      .stages.flatMap(dispatchesOf)
      .map(({ kernel }) => kernel.label)
      .slice(1);
  };

  it("has one workgroup for the long chunks of few rows of a small layer", () => {
    expect(labelsOf(20, [1, 16])).toEqual(["gru_persistent H=20 16x1 4 units"]);
    expect(labelsOf(96, [3, 16])).toEqual(["gru_persistent H=96 16x1 4 units"]);
  });

  it("has four units of a row, or four rows, by one invocation in long chunks, four units in large layers", () => {
    expect(labelsOf(97, [1, 16])).toEqual(["gru_step H=97 4x1"]);
    expect(labelsOf(129, [1, 16])).toEqual(["gru_step H=129 4x1"]);
    expect(labelsOf(20, [1, 15])).toEqual(["gru_step H=20 1x1"]);
    expect(labelsOf(20, [3, 16], false)).toEqual(["gru_gates H=20", "gru_new H=20"]);
    expect(labelsOf(20, [4, 15])).toEqual(["gru_step H=20 1x1"]);
    expect(labelsOf(20, [4, 16])).toEqual(["gru_step H=20 1x4"]);
    expect(labelsOf(128, [1, 15])).toEqual(["gru_step H=128 1x1"]);
    expect(labelsOf(129, [1, 15])).toEqual(["gru_step H=129 4x1"]);
    expect(labelsOf(256, [1, 64], false)).toEqual(["gru_gates H=256", "gru_new H=256"]);
  });
});

describe("a plan with workgroups that wait for each other", () => {
  it("clears what they hand each other, and what they say, before each chunk", () => {
    const network = oneGru(3, { inputSize: 1, hiddenSize: 200, direction: "bidirectional" });
    const plan = planOf(
      network,
      { maxRows: 2, chunkSteps: 32, lastOnly: false },
      { facts: nvidia, table: TUNING_TABLE },
    );
    expect(plan.cleared.map(({ label }) => label)).toEqual(["status", "gru.output"]);
    const stage = plan.stages.find(({ type }) => type === "persistent")!;
    for (const { kernel, buffers } of dispatchesOf(stage)) {
      expect(buffers).toHaveLength(kernel.bindings.length);
      expect(buffers.at(-1)).toBe(plan.status);
    }
  });

  it("clears nothing where none does", () => {
    const network = oneGru(4, { inputSize: 1, hiddenSize: 20 });
    const plan = planOf(
      network,
      { maxRows: 2, chunkSteps: 32, lastOnly: false },
      { facts: nvidia, table: TUNING_TABLE },
    );
    expect([plan.cleared, plan.status]).toEqual([[], null]);
  });

  it("runs no network at once that has no state to bind", () => {
    const network = defineNetwork({ layers: [randomDense("dense", ["input"], [3, 2], "tanh", uniform(1))] });
    const request = { maxRows: 1, chunkSteps: 1, lastOnly: false };
    const { stages } = planOf(network, request, { facts: nvidia, table: TUNING_TABLE });
    expect(stages.map(({ type }) => type)).toEqual(["rows"]);
  });
});
