import { describe, expect, it } from "vitest";
import type { DeviceFacts } from "../../src/plan/deviceFacts.js";
import { dispatchesOf } from "../../src/plan/plan.js";
import { planSequence } from "../../src/plan/planSequence.js";
import type { RowsAndSteps } from "../../src/plan/kernelChoice.js";
import { tune } from "../../src/plan/tuning.js";
import { defineNetwork } from "../../src/model/defineNetwork.js";
import { gruLayers } from "../../src/model/network.js";
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
function walkOf(facts: DeviceFacts, shape: Partial<GruShape>, size: RowsAndSteps = [1, 64]): string[] | null {
  const [layer] = gruLayers(oneGru(1, { inputSize: 1, hiddenSize: 256, ...shape }));
  return (
    tune(facts)
      .walkLayer(layer!, 4, size)
      ?.map(({ label }) => label.split(" ")[0]!) ?? null
  );
}

const COOPERATIVE = ["gru_cooperative", "gru_persistent"];

describe("the table of kernels", () => {
  it("has workgroups wait for each other on NVIDIA, where twice as many were seen to run at once", () => {
    expect(walkOf(nvidia, {})).toEqual(COOPERATIVE);
    expect(walkOf({ ...nvidia, concurrentGroups: 32 }, {})).toEqual(COOPERATIVE); // 256 / 16 = 16 of them
    expect(walkOf({ ...nvidia, concurrentGroups: 31 }, {})).toBeNull();
    expect(walkOf({ ...nvidia, concurrentGroups: 0 }, {})).toBeNull();
    const { concurrentGroups: _, ...unproven } = nvidia;
    expect(walkOf(unproven, {})).toBeNull();
  });

  for (const vendor of ["apple", "arm", "qualcomm", "intel", "amd", "img-tec", ""]) {
    it(`never has them on another vendor's: ${vendor || "one that is not told"}`, () => {
      expect(walkOf({ ...nvidia, vendor }, {})).toBeNull();
    });
  }

  it("never has them on a software adapter, whatever it says of itself", () => {
    expect(walkOf({ ...nvidia, isFallback: true }, { hiddenSize: 300 })).toBeNull();
  });

  it("has them for the layers and chunks that gain by it alone", () => {
    expect(walkOf(nvidia, { hiddenSize: 192 })).toEqual(COOPERATIVE);
    expect(walkOf(nvidia, { hiddenSize: 191 })).toBeNull();
    expect(walkOf(nvidia, {}, [1, 16])).toEqual(COOPERATIVE);
    expect(walkOf(nvidia, {}, [1, 15])).toBeNull();
    expect(walkOf(nvidia, {}, [4, 16])).toEqual(COOPERATIVE);
    expect(walkOf(nvidia, {}, [5, 16])).toBeNull();
    expect(walkOf(nvidia, { resetAfter: false })).toBeNull();
  });

  it("counts the workgroups of all rows and directions", () => {
    const facts = { ...nvidia, concurrentGroups: 128 };
    expect(walkOf(facts, { direction: "bidirectional" }, [2, 64])).toEqual(COOPERATIVE);
    expect(walkOf(facts, { direction: "bidirectional" }, [3, 64])).toBeNull();
  });

  it("leaves them where what goes on after them lacks the memory", () => {
    const shape = { hiddenSize: 512 };
    expect(walkOf({ ...nvidia, maxComputeWorkgroupStorageSize: 16384 }, shape)).toEqual(COOPERATIVE);
    expect(walkOf({ ...nvidia, maxComputeWorkgroupStorageSize: 10240 }, shape)).toBeNull();
  });

  it("takes the largest layer that a workgroup's memory on NVIDIA has room for", () => {
    expect(walkOf(nvidia, { hiddenSize: 1536 })).toEqual(COOPERATIVE);
    expect(walkOf(nvidia, { hiddenSize: 1537 })).toBeNull();
  });

  it("gives up the kernel after two chunks that failed, and says so", () => {
    const kernels = tune(nvidia);
    const [layer] = gruLayers(oneGru(1, { inputSize: 1, hiddenSize: 256 }));
    kernels.noteFailure();
    expect(kernels.note).toBe("");
    expect(kernels.walkLayer(layer!, 4, [1, 64])).toHaveLength(2);
    kernels.noteFailure();
    expect(kernels.note).toBe("gru_cooperative is off: its workgroups waited in vain for each other in 2 chunks");
    expect(kernels.walkLayer(layer!, 4, [1, 64])).toBeNull();
    const { note } = kernels;
    kernels.noteFailure(); // of a chunk that was under way
    expect(kernels.note).toBe(note);
  });

  it("has kernels in its fallback for all that it chooses then", () => {
    const network = randomStack({ seed: 2, inputSize: 1, hiddenSizes: [200, 200], resetAfter: true });
    const labelsOf = (choice: ReturnType<typeof tune>, [maxRows, chunkSteps]: RowsAndSteps) =>
      planSequence(network, { maxRows, chunkSteps, lastOnly: false, kernels: choice })
        .stages.flatMap(dispatchesOf)
        .map(({ kernel }) => kernel.label);
    const kernels = tune(nvidia);
    const chosen = labelsOf(kernels, [1, 64]);
    expect(chosen.join()).toContain("gru_cooperative");
    expect(kernels.sizes.flatMap((size) => labelsOf(kernels, size))).toEqual(expect.arrayContaining(chosen));
    const fallback = kernels.fallback!;
    const known = new Set(fallback.sizes.flatMap((size) => labelsOf(fallback, size)));
    kernels.noteFailure();
    kernels.noteFailure();
    for (const size of [
      [1, 64],
      [4, 16],
      [5, 1024],
    ] as const) {
      const labels = labelsOf(kernels, size);
      expect(labels.join()).not.toContain("gru_cooperative");
      for (const label of labels) expect(known).toContain(label);
    }
    expect(fallback.fallback).toBeNull();
    expect(tune({ ...nvidia, concurrentGroups: 0 }).fallback).toBeNull();
  });
});

describe("on a software adapter, the table", () => {
  const facts = { ...nvidia, isFallback: true };
  const labelsOf = (hiddenSize: number, [maxRows, chunkSteps]: RowsAndSteps, resetAfter = true) => {
    const network = oneGru(5, { inputSize: 1, hiddenSize, resetAfter });
    return planSequence(network, { maxRows, chunkSteps, lastOnly: false, kernels: tune(facts) })
      .stages.flatMap(dispatchesOf)
      .map(({ kernel }) => kernel.label)
      .slice(1);
  };

  it("has one workgroup for the long chunks of few rows of a small layer", () => {
    expect(labelsOf(64, [1, 16])).toEqual(["gru_persistent H=64 16x1 4 units"]);
    expect(labelsOf(128, [3, 16])).toEqual(["gru_persistent H=128 16x1 4 units"]);
  });

  it("has four units of a row, or four rows, by one invocation in long chunks, four units in large layers", () => {
    expect(labelsOf(129, [1, 16])).toEqual(["gru_step H=129 4x1"]);
    expect(labelsOf(20, [1, 15])).toEqual(["gru_step H=20"]);
    expect(labelsOf(20, [3, 16], false)).toEqual(["gru_gates H=20", "gru_new H=20"]);
    expect(labelsOf(20, [4, 15])).toEqual(["gru_step H=20"]);
    expect(labelsOf(20, [4, 16])).toEqual(["gru_step H=20 1x4"]);
    expect(labelsOf(128, [1, 15])).toEqual(["gru_step H=128"]);
    expect(labelsOf(129, [1, 15])).toEqual(["gru_step H=129 4x1"]);
    expect(labelsOf(256, [1, 64], false)).toEqual(["gru_gates H=256", "gru_new H=256"]);
  });
});

describe("a plan with workgroups that wait for each other", () => {
  it("clears what they hand each other, and what they say, before each chunk", () => {
    const network = oneGru(3, { inputSize: 1, hiddenSize: 200, direction: "bidirectional" });
    const plan = planSequence(network, { maxRows: 2, chunkSteps: 32, lastOnly: false, kernels: tune(nvidia) });
    expect(plan.cleared).toEqual(["status", "gru.output"]);
    const [walk] = plan.stages.filter(({ type }) => type === "walk");
    for (const { kernel, buffers } of dispatchesOf(walk!)) {
      expect(buffers).toHaveLength(kernel.bindings.length);
      expect(buffers.at(-1)).toBe("status");
    }
  });

  it("clears nothing where none does", () => {
    const network = oneGru(4, { inputSize: 1, hiddenSize: 20 });
    const plan = planSequence(network, { maxRows: 2, chunkSteps: 32, lastOnly: false, kernels: tune(nvidia) });
    expect(plan.cleared).toEqual([]);
  });

  it("walks no network at once that has no state to bind", () => {
    const dense = randomDense("dense", ["input"], [3, 2], "tanh", uniform(1));
    expect(tune(nvidia).walkNetwork(defineNetwork({ layers: [dense] }), [1, 1])).toBeNull();
  });
});
