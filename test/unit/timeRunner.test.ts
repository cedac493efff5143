import { afterEach, describe, expect, it, vi } from "vitest";
import type { Runner } from "../../src/cpu/runner.js";
import { timeRunnerUs } from "../../src/cpu/timeRunner.js";
import { oneGru } from "../cases/random.js";

const network = oneGru(1, { inputSize: 2, hiddenSize: 3 });

describe("the time of a run on the CPU", () => {
  afterEach(() => vi.restoreAllMocks());

  for (const runUs of [3, 70, 900, 25_000]) {
    it(`is ${runUs} us by a clock that steps by 0.1 ms`, () => {
      let nowMs = 0;
      vi.spyOn(performance, "now").mockImplementation(() => Math.floor(nowMs * 10) / 10);
      const runner = { run: () => (nowMs += runUs / 1000) } as unknown as Runner;
      const timedUs = timeRunnerUs(runner, network, 1, 1);
      expect(Math.abs(timedUs - runUs)).toBeLessThan(0.12 * runUs);
      expect(nowMs).toBeLessThan(Math.max(15, (1.1 * runUs) / 1000));
    });
  }

  it("ends by a clock that stands still", () => {
    vi.spyOn(performance, "now").mockReturnValue(5);
    let numRuns = 0;
    const runner = { run: () => void numRuns++ } as unknown as Runner;
    expect(() => timeRunnerUs(runner, network, 1, 1)).not.toThrow();
    expect(numRuns).toBeLessThan(10_000);
  });
});
