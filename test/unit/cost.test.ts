import { createModel, type Workload } from "webgru";
import { describe, expect, it } from "vitest";
import { compareTimes, cpuTimeUs, gpuTimeUs, workOf } from "../../src/cpu/cost.js";
import { withStorage } from "../../src/model/quantize.js";
import { randomStack } from "../cases/random.js";
import { expectRefusal } from "../harness/refusal.js";

const stack = (hiddenSize: number, resetAfter = true) =>
  randomStack({ seed: 1, inputSize: 2, hiddenSizes: [hiddenSize], resetAfter });

describe("the work of a workload", () => {
  const network = stack(4);

  it("counts products, weights, dispatches and what is copied", () => {
    // 3 H I = 24 and 3 H H = 48 weights, 5 rows by 10 steps: 50 rows of all steps
    expect(workOf(network, { batchSize: 5, sequenceLength: 10 })).toEqual({
      flops: 2 * (24 + 48) * 50,
      weightBytes: 4 * (24 + 48 * 10),
      numDispatches: 1 + 10,
      transferBytes: 4 * 50 * (2 + 4),
    });
  });

  it("is of one step of one row when nothing is said", () => {
    expect(workOf(network, {})).toEqual(workOf(network, { batchSize: 1, sequenceLength: 1 }));
  });

  it("has two dispatches a step where the reset comes before", () => {
    expect(workOf(stack(4, false), { sequenceLength: 10 }).numDispatches).toBe(1 + 2 * 10);
  });

  it("has a quarter of the bytes in int8", () => {
    expect(workOf(withStorage(network, "int8"), {}).weightBytes).toBe(workOf(network, {}).weightBytes / 4);
  });

  it("takes the CPU as long in int8, which it runs as float32", () => {
    for (const hiddenSize of [64, 512]) {
      const [wide, narrow] = [stack(hiddenSize), withStorage(stack(hiddenSize), "int8")];
      expect(cpuTimeUs(workOf(narrow, {}), narrow)).toBe(cpuTimeUs(workOf(wide, {}), wide));
    }
  });
});

describe("the device that finishes first", () => {
  // A readback of 0.5 ms, as Chrome has on a Mac.
  const cases: [hiddenSize: number, workload: Workload, device: string][] = [
    [64, {}, "cpu"],
    [256, {}, "cpu"],
    [1024, {}, "cpu"],
    [64, { batchSize: 4096 }, "webgpu"],
    [256, { batchSize: 64 }, "webgpu"],
    [64, { sequenceLength: 100 }, "cpu"],
    [512, { sequenceLength: 1000 }, "webgpu"],
  ];
  for (const [hiddenSize, workload, device] of cases) {
    it(`is ${device} for H=${hiddenSize} and ${JSON.stringify(workload)}`, () => {
      const network = stack(hiddenSize);
      const work = workOf(network, workload);
      const { isCpuFirst } = compareTimes(cpuTimeUs(work, network), gpuTimeUs(work, 500), workload, "estimated");
      expect(isCpuFirst ? "cpu" : "webgpu").toBe(device);
    });
  }

  it("is told with both times and the way out", () => {
    expect(compareTimes(12.4, 2345, { batchSize: 3 }, "estimated")).toEqual({
      isCpuFirst: true,
      reason:
        "first to finish B=3 T=1 (12 us on the CPU, 2.3 ms on the GPU, estimated); " +
        'to choose otherwise, say the workload ({ batchSize, sequenceLength }) or device: "webgpu"',
    });
    expect(compareTimes(2, 1, {}, "estimated").isCpuFirst).toBe(false);
  });
});

describe("a workload", () => {
  it("is refused when it is misspelt", async () => {
    const message = 'options: expected batchSize, sequenceLength, measure, got "rows"';
    await expectRefusal(() => createWith({ rows: 1 }), "unsupported", message);
  });

  for (const key of ["batchSize", "sequenceLength"]) {
    it(`is refused with a ${key} of 0`, async () => {
      const message = `${key}: expected a positive whole number, got 0`;
      await expectRefusal(() => createWith({ [key]: 0 }), "shape-mismatch", message);
    });
  }
});

function createWith(workload: object) {
  return createModel(stack(4), { device: "cpu", workload });
}
