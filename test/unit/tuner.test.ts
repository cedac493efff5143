import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { layOutNetwork } from "../../src/plan/layOutNetwork.js";
import { planSequence } from "../../src/plan/planSequence.js";
import type { Tuning } from "../../src/plan/tuning.js";
import { autotune } from "../../src/tuner/tuner.js";
import { oneGru } from "../cases/random.js";

const facts = {
  isFallback: false,
  vendor: "",
  maxBufferSize: 2 ** 28,
  maxStorageBufferBindingSize: 2 ** 27,
  maxComputeWorkgroupsPerDimension: 65535,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupStorageSize: 16384,
};

/** Label of the kernel that takes the network through 32 steps of one row. */
function familyOf(tuning: Tuning, hiddenSize: number): string {
  const layout = layOutNetwork(oneGru(1, { inputSize: 3, hiddenSize }), facts.maxStorageBufferBindingSize);
  const stage = planSequence(layout, { maxRows: 1, chunkSteps: 32, lastOnly: false, tuning }).stages.at(-1)!;
  return "dispatches" in stage && stage.type === "persistent" ? stage.dispatches[0]!.kernel.label : "single steps";
}

/** A clock that only a test moves on: tuning stops by it. */
let nowMs = 0;
beforeEach(() => void vi.spyOn(performance, "now").mockImplementation(() => nowMs));
afterEach(() => vi.restoreAllMocks());

describe("autotune", () => {
  it("takes what is the fastest, of at most five, and tells the times", async () => {
    const network = oneGru(1, { inputSize: 3, hiddenSize: 20 });
    let numTried = 0;
    const measure = async (tuning: Tuning) => {
      numTried++;
      return familyOf(tuning, 20).endsWith("16x1") ? 1 : 2;
    };
    const { tuning, note } = await autotune({ network, facts, deviceName: "a", measure });
    expect(familyOf(tuning, 20)).toBe("gru_persistent H=20 16x1");
    expect(note).toMatch(
      /^one small workgroup a row, the fastest of those tried \(the device's table 2\.00 ms, .* 1\.00 ms/,
    );
    expect(numTried).toBeLessThanOrEqual(5);
  });

  it("does not try again what it knows: the same device and shape", async () => {
    const network = oneGru(2, { inputSize: 3, hiddenSize: 21 });
    const measure = async (tuning: Tuning) => (familyOf(tuning, 21) === "single steps" ? 1 : 2);
    await autotune({ network, facts, deviceName: "b", measure });
    const again = { network: oneGru(3, { inputSize: 3, hiddenSize: 21 }), facts, measure: () => Promise.reject() };
    const { tuning, note } = await autotune({ ...again, deviceName: "b" });
    expect(familyOf(tuning, 21)).toBe("single steps");
    expect(note).toMatch(
      /^single steps, the fastest here when it was tried \(the device's table 2\.00 ms, single steps 1\.00 ms, /,
    );
    await expect(autotune({ ...again, deviceName: "c" })).rejects.toBeUndefined();
  });

  it("does not take what fails on the device, and does not fail by it", async () => {
    const network = oneGru(4, { inputSize: 3, hiddenSize: 22 });
    const measure = async (tuning: Tuning) => {
      if (familyOf(tuning, 22) !== "single steps") throw new Error("does not compile");
      return 1;
    };
    const { tuning, note } = await autotune({ network, facts, deviceName: "e", measure });
    expect(familyOf(tuning, 22)).toBe("single steps");
    expect(note).not.toContain("the device's table");
    const failing = { network, facts, measure: () => Promise.reject(new Error("lost")) };
    await expect(autotune({ ...failing, deviceName: "f" })).rejects.toThrow("lost");
  });

  it("stops trying after 200 ms", async () => {
    const network = oneGru(4, { inputSize: 3, hiddenSize: 22 });
    let numTried = 0;
    const measure = async () => {
      numTried++;
      nowMs += 150;
      return numTried;
    };
    const { note } = await autotune({ network, facts, deviceName: "d", measure });
    expect(numTried).toBe(2);
    expect(note).toMatch(/^the device's table, /);
  });
});
