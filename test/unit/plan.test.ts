import { describe, expect, it } from "vitest";
import { sampleKernel } from "../../src/kernels/sample.js";
import { defineNetwork } from "../../src/model/defineNetwork.js";
import { chunkStepsFor, flopPerSubmit, maxChunkSteps } from "../../src/plan/budget.js";
import { describePlan } from "../../src/plan/describePlan.js";
import { type BufferPlan, chunkFlop, dispatchesOf, numDispatches, type Plan } from "../../src/plan/plan.js";
import { CANDIDATES, TUNING_TABLE } from "../../src/plan/recurrent/table.js";
import { Tuning } from "../../src/plan/tuning.js";
import type { Network } from "../../src/model/network.js";
import { type GruShape, randomGru, randomMixed, randomStack, randomTextModel, uniform } from "../cases/random.js";
import { DEFAULT_FACTS as device } from "../harness/fakeDevice.js";
import { labelsOf, layOut, planOf } from "../harness/planning.js";
import { expectRefusal } from "../harness/refusal.js";
import { twinCases } from "../cases/twinCases.js";

const oneGru = (shape: GruShape) => defineNetwork({ layers: [randomGru("gru", ["input"], shape, uniform(1))] });

describe("planSequence", () => {
  it("projects all steps at once, then makes them one by one", () => {
    const plan = planOf(oneGru({ inputSize: 4, hiddenSize: 8 }), {
      maxRows: 2,
      chunkSteps: 4,
      lastOnly: false,
    });
    expect(labelsOf(plan)).toEqual(["rows: gru_project I=4 3HD=24 f32", "steps: gru_step H=8 1x1"]);
    expect(numDispatches(plan, 3)).toBe(1 + 3);
  });

  it("keeps x W out of every loop from eight steps on, by any table that a device may have", () => {
    const devices = [device, { ...device, isFallback: true }, { ...device, vendor: "nvidia", concurrentGroups: 1000 }];
    const tables = Object.values(CANDIDATES);
    const choices = devices.flatMap((facts) => tables.map((table) => ({ facts, table })));
    const sizes = [1, 5, 100].flatMap((maxRows) => [8, 64, 1024].map((chunkSteps) => ({ maxRows, chunkSteps })));
    for (const hiddenSizes of [[33], [200, 200], [300, 20]]) {
      const network = randomStack({ seed: 1, inputSize: 3, hiddenSizes, resetAfter: true });
      for (const [choice, size] of choices.flatMap((each) => sizes.map((one) => [each, one] as const))) {
        const { stages } = planOf(network, { ...size, lastOnly: false }, choice);
        // A stack that advances by wavefronts is one loop, before which only its first layer's input is there.
        expect(stages.map(({ type }) => type === "rows")).toEqual(stages.map((_, i) => i % 2 === 0));
        const loops = stages.filter(({ type }) => type !== "rows").flatMap(dispatchesOf);
        expect(loops.map(({ kernel }) => kernel.entryPoint)).not.toContain("network_step");
        expect(loops.flatMap(({ buffers }) => buffers).filter(({ label }) => label.endsWith(".weight"))).toEqual([]);
      }
    }
  });

  it("takes two dispatches a step when the reset comes before the product", () => {
    const network = oneGru({ inputSize: 4, hiddenSize: 8, resetAfter: false });
    const plan = planOf(network, { maxRows: 2, chunkSteps: 4, lastOnly: false });
    expect(labelsOf(plan)).toEqual(["rows: gru_project I=4 3HD=24 f32", "steps: gru_gates H=8, gru_new H=8"]);
    expect(numDispatches(plan, 3)).toBe(1 + 2 * 3);
  });

  it("runs both directions in as many dispatches as one", () => {
    const request = { maxRows: 2, chunkSteps: 5, lastOnly: false };
    const both = planOf(oneGru({ inputSize: 4, hiddenSize: 8, direction: "bidirectional" }), request);
    expect(numDispatches(both, 5)).toBe(1 + 5);
  });

  it("streams a text model in one dispatch for each layer, and one for the softmax", () => {
    const plan = planOf(randomTextModel(1, 11), { maxRows: 1, chunkSteps: 1, lastOnly: false });
    expect(labelsOf(plan)).toEqual([
      "rows: embedding V=11 E=6 f32",
      "rows: dense I=6 O=30 linear f32",
      "steps: gru_step H=10 1x1",
      "rows: dense I=10 O=36 linear f32",
      "steps: gru_step H=12 1x1",
      "rows: dense I=12 O=11 linear f32",
      "rows: softmax O=11",
    ]);
  });

  it("draws a token by each step's scores, and takes no tile of rows for what is one row at a time", () => {
    const sample = sampleKernel(11, true);
    const plan = planOf(randomTextModel(1, 11), { maxRows: 1, chunkSteps: 64, lastOnly: false, sample });
    expect(labelsOf(plan).filter((label) => label.includes("gru_project"))).toEqual([]);
    expect(labelsOf(plan).at(-1)).toBe("rows: sample O=11 probabilities");
    expect(dispatchesOf(plan.stages.at(-1)!)[0]!.buffers.map(({ label }) => label)).toEqual([
      "params",
      "sampling",
      "head.output",
      "input",
    ]);
  });

  it("runs what comes after the last GRU once, at the end, when only the last step is wanted", () => {
    const plan = planOf(randomTextModel(1, 11), { maxRows: 4, chunkSteps: 8, lastOnly: true });
    expect(labelsOf(plan).slice(-3)).toEqual([
      "chunk: last_step S=12 start from 12 of 12",
      "end: dense I=12 O=11 linear f32",
      "end: softmax O=11",
    ]);
    expect(plan.outputs).toMatchObject([
      { name: "head", buffer: { label: "head.output" }, size: 11, isSequence: false },
    ]);
  });

  it("takes the highest of the head's rows after its softmax, and gives them alone", () => {
    const output = { all: false, topK: 3 };
    const plan = planOf(randomTextModel(1, 11), { maxRows: 2, chunkSteps: 4, lastOnly: false, output });
    expect(labelsOf(plan).slice(-2)).toEqual(["rows: softmax O=11", "rows: top_k O=11 K=3"]);
    expect(plan.outputs).toMatchObject([
      { name: "head.topK", buffer: { label: "head.topK" }, size: 6, isSequence: true },
    ]);
  });

  it("leaves out the head and its buffers where only the state is wanted", () => {
    const output = { all: false, topK: 0 };
    const plan = planOf(randomTextModel(1, 11), { maxRows: 1, chunkSteps: 1, lastOnly: false, output });
    expect(labelsOf(plan).at(-1)).toBe("steps: gru_step H=12 1x1");
    const ofHead = plan.buffers.filter(({ label, lifetime }) => label.startsWith("head.") && lifetime !== "weights");
    expect(ofHead).toEqual([]);
    expect(plan.outputs).toEqual([]);
  });

  it("sizes buffers for whole vec4f and for a projection's last tile", () => {
    const plan = planOf(oneGru({ inputSize: 3, hiddenSize: 5 }), {
      maxRows: 2,
      chunkSteps: 4,
      lastOnly: false,
    });
    const sizes = Object.fromEntries(plan.buffers.map(({ label, sizeBytes }) => [label, sizeBytes / 4]));
    expect(sizes).toEqual({
      "gru.weight": 16 * 4,
      "gru.bias": 2 * 16,
      "gru.recurrentWeight": 3 * 8 * 8,
      "gru.recurrentBias": 2 * 16,
      program: 21,
      params: 4 * 64,
      lengths: 2,
      slots: 2,
      input: (2 * 4 + 7) * 4,
      "gru.projection": (2 * 4 + 7) * 16,
      "gru.output": (2 * 4 + 7) * 8,
      states: 2 * 64, // of one slot
    });
  });

  // A plan has no weights in it: the one case that takes long to make its weights is left out.
  for (const { name, network, batchSize, returnSequences, topK = 0 } of twinCases.filter(
    (twin) => twin.id !== "h4096",
  )) {
    it(`binds buffers that there are, written before they are read, for ${name}`, () => {
      const lastOnly = returnSequences === false;
      const output = { all: true, topK };
      expectSound(planOf(network(), { maxRows: batchSize, chunkSteps: 3, lastOnly, output }));
    });
  }
});

function most(network: Network, batchSize: number, facts = device): number {
  return maxChunkSteps(layOut(network, facts), batchSize, new Tuning(facts, []));
}

describe("maxChunkSteps", () => {
  it("keeps chunks of a forward network short, whatever the device could hold", () => {
    expect(most(oneGru({ inputSize: 1, hiddenSize: 1 }), 1)).toBe(1024);
    // 64 MiB of a projection of 3 x 1024 floats for each of 64 rows: 85 steps.
    expect(most(oneGru({ inputSize: 1, hiddenSize: 1024 }), 64)).toBe(85);
  });

  it("gives a reverse layer all that the device can bind", () => {
    const network = oneGru({ inputSize: 1, hiddenSize: 8, direction: "reverse" });
    // The largest per step are its params, 256 bytes.
    expect(most(network, 1)).toBe(device.maxStorageBufferBindingSize / 256);
  });

  it("counts no buffer of a kernel that is for fewer rows", () => {
    const network = randomStack({ seed: 1, inputSize: 8, hiddenSizes: [256, 256, 256, 256], resetAfter: false });
    const tuning = new Tuning(device, TUNING_TABLE);
    expect(maxChunkSteps(layOut(network, device), 11_000, tuning)).toBeGreaterThanOrEqual(1);
  });

  it("refuses weights that the device cannot bind, with both numbers", () => {
    const small = { ...device, maxStorageBufferBindingSize: 1000 };
    return expectRefusal(
      () => most(oneGru({ inputSize: 4, hiddenSize: 32 }), 1, small),
      "limit-exceeded",
      "gru.weight: expected at most 1000 bytes, the most that this device binds, got 1536 (batchSize 1)",
    );
  });

  it("refuses more rows than the device dispatches, with both numbers", () => {
    return expectRefusal(
      () => most(oneGru({ inputSize: 1, hiddenSize: 1 }), 65536),
      "limit-exceeded",
      "batchSize: expected at most 65535 rows on this device, got 65536",
    );
  });
});

describe("chunkStepsFor", () => {
  it("rounds up to a power of two, so that similar lengths share a plan", () => {
    const network = oneGru({ inputSize: 1, hiddenSize: 1 });
    expect([1, 2, 3, 64, 65, 5000].map((length) => chunkStepsFor(network, length, 100))).toEqual([
      1, 2, 4, 64, 100, 100,
    ]);
  });

  it("refuses a sequence that a reverse layer cannot have in one chunk, with both numbers", () => {
    return expectRefusal(
      () => chunkStepsFor(oneGru({ inputSize: 1, hiddenSize: 1, direction: "reverse" }), 101, 100),
      "limit-exceeded",
      "input: expected at most 100 steps on this device, since a reverse layer needs them all at once, got 101",
    );
  });
});

describe("a plan's work", () => {
  it("counts two operations for each weight and row", () => {
    const plan = planOf(randomStack({ seed: 1, inputSize: 10, hiddenSizes: [20], resetAfter: true }), {
      maxRows: 3,
      chunkSteps: 8,
      lastOnly: false,
    });
    const flop = 2 * 3 * 20 * (10 + 20) * 3 * 8;
    expect(chunkFlop(plan, 8)).toBe(flop);
    expect(describePlan(plan, 8, flop)).toMatch(/submits: about 1, estimate: 50 ms on a slow device of its kind\n/);
    expect(describePlan(plan, 8, flop / 6.25)).toMatch(/submits: about 7, estimate: 310 ms /);
    expect(describePlan(plan, 16, 4 * flop)).toMatch(/: 2, in each dispatches: 9, submits: about 1, estimate: 13 ms /);
  });

  it("is described with loops as loops", () => {
    const plan = planOf(randomMixed(1, "softmax", 5), { maxRows: 1, chunkSteps: 4, lastOnly: false });
    const text = describePlan(plan, 4, flopPerSubmit(device));
    expect(text).toMatch(/^dispatches: \d+, submits: about 1, estimate: /);
    expect(text).toContain("every step  gru_gates H=6, gru_new H=6");
  });
});

/** Every binding has its buffer, as many as the kernel declares; nothing is read before it is written. */
function expectSound({ buffers, stages, input, lengths, slots, outputs }: Plan): void {
  expect(new Set(buffers).size).toBe(buffers.length);
  const known = new Set(buffers);
  const states = buffers.find(({ label }) => label === "states")!;
  const written = new Set([input, ...lengths, ...slots, ...buffers.filter(({ lifetime }) => lifetime !== "scratch")]);
  for (const { kernel, buffers: bindings } of stages.flatMap(dispatchesOf)) {
    // A layer's state is a part of all states.
    const bound = bindings.map((buffer) => (buffer.lifetime === "state" ? states : buffer));
    expect(bound.length).toBe(kernel.bindings.length);
    expect(bound.filter((buffer) => !known.has(buffer))).toEqual([]);
    const isWritten = (_: BufferPlan, i: number) => kernel.bindings[i] === "storage";
    // WebGPU allows no buffer to be written that is bound twice in a dispatch.
    for (const buffer of bound.filter(isWritten)) expect(bound.filter((each) => each === buffer)).toHaveLength(1);
    const early = bound.filter((buffer, i) => !isWritten(buffer, i) && !written.has(buffer));
    expect(early, `read too early by ${kernel.label}`).toEqual([]);
    for (const buffer of bound.filter(isWritten)) written.add(buffer);
  }
  for (const { buffer } of outputs) expect(written).toContain(buffer);
}
