import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { KernelChoice } from "../../src/plan/kernelChoice.js";
import { autotune } from "../../src/tuner/tuner.js";
import { gruLayers } from "../../src/model/network.js";
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

/** Label of the kernel that walks the network through 32 steps of one row. */
function walkOf(kernels: KernelChoice, hiddenSize: number): string {
  const [layer] = gruLayers(oneGru(1, { inputSize: 3, hiddenSize }));
  return kernels.walkLayer(layer!, 64, [1, 32])?.[0]!.label ?? "single steps";
}

/** A clock that only a test moves on: tuning stops by it. */
let nowMs = 0;
beforeEach(() => void vi.spyOn(performance, "now").mockImplementation(() => nowMs));
afterEach(() => vi.restoreAllMocks());

describe("autotune", () => {
  it("takes what is the fastest, of at most five, and tells the times", async () => {
    const network = oneGru(1, { inputSize: 3, hiddenSize: 20 });
    let numTried = 0;
    const measure = async (kernels: KernelChoice) => {
      numTried++;
      return walkOf(kernels, 20).endsWith("16x1") ? 1 : 2;
    };
    const { kernels, note } = await autotune({ network, facts, deviceName: "a", measure });
    expect(walkOf(kernels, 20)).toBe("gru_persistent H=20 16x1");
    expect(note).toMatch(
      /^one small workgroup a row, the fastest of those tried \(the device's table 2\.00 ms, .* 1\.00 ms/,
    );
    expect(numTried).toBeLessThanOrEqual(5);
  });

  it("does not try again what it knows: the same device and shape", async () => {
    const network = oneGru(2, { inputSize: 3, hiddenSize: 21 });
    const measure = async (kernels: KernelChoice) => (walkOf(kernels, 21) === "single steps" ? 1 : 2);
    await autotune({ network, facts, deviceName: "b", measure });
    const again = { network: oneGru(3, { inputSize: 3, hiddenSize: 21 }), facts, measure: () => Promise.reject() };
    const { kernels, note } = await autotune({ ...again, deviceName: "b" });
    expect(walkOf(kernels, 21)).toBe("single steps");
    expect(note).toMatch(
      /^single steps, the fastest here when it was tried \(the device's table 2\.00 ms, single steps 1\.00 ms, /,
    );
    await expect(autotune({ ...again, deviceName: "c" })).rejects.toBeUndefined();
  });

  it("does not take what fails on the device, and does not fail by it", async () => {
    const network = oneGru(4, { inputSize: 3, hiddenSize: 22 });
    const measure = async (kernels: KernelChoice) => {
      if (walkOf(kernels, 22) !== "single steps") throw new Error("does not compile");
      return 1;
    };
    const { kernels, note } = await autotune({ network, facts, deviceName: "e", measure });
    expect(walkOf(kernels, 22)).toBe("single steps");
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
