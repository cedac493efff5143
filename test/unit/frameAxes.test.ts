// Recurrent layers whose frames have axes of their own: against PyTorch's own results, in float64 and in every form of the CPU
// path; and what is refused.

import { readFileSync } from "node:fs";
import { createModel, defineNetwork, type LayerSpec, type Network } from "webgru";
import { describe, expect, it } from "vitest";
import { canStream, stateLength } from "../../src/model/network.js";
import type { Plan } from "../../src/plan/plan.js";
import { cpuForms, useCpuForm } from "../cases/cpuForms.js";
import { randomArray, randomInput, uniform } from "../cases/random.js";
import { twinCase } from "../cases/twinCases.js";
import { expectIsClose } from "../harness/close.js";
import { compare } from "../harness/compare.js";
import { projectRoot } from "../harness/library.js";
import { DEFAULT_FACTS } from "../harness/fakeDevice.js";
import { planOf } from "../harness/planning.js";
import { expectRefusal } from "../harness/refusal.js";
import { runReference } from "../harness/reference/runReference.js";

/** As test/fixtures/recurrences/generate.py writes it. */
interface Fixture {
  /** PyTorch's module. */
  readonly module: string;
  readonly layer: Record<string, unknown>;
  readonly tensors: Readonly<Record<string, readonly number[]>>;
  /** [T, B, R, S, I] */
  readonly input: readonly number[];
  readonly output: readonly number[];
  /** [D, B, R H] of each block, one after the other */
  readonly finalState: readonly number[];
}

const BATCH = 2;

const fixtures = JSON.parse(
  readFileSync(`${projectRoot}test/fixtures/recurrences/recurrences.json`, "utf8"),
) as Fixture[];

function networkOf({ layer, tensors }: Fixture): Network {
  const values = Object.entries(tensors).map(([name, numbers]) => [name, Float32Array.from(numbers)]);
  return defineNetwork({
    layers: [{ name: "layer", ...layer, ...Object.fromEntries(values) } as unknown as LayerSpec],
  });
}

it("has fixtures of PyTorch", () => expect(fixtures.length).toBe(10));

describe.each(fixtures)("$module", (fixture) => {
  const network = networkOf(fixture);
  const isAsExpected = (result: Record<"output" | "finalState", ArrayLike<number>>, atol: number) => {
    expectIsClose(compare(result.output, fixture.output, { atol, rtol: 0 }));
    expect(result.finalState.length).toBe(fixture.finalState.length);
    if (fixture.finalState.length > 0) expectIsClose(compare(result.finalState, fixture.finalState, { atol, rtol: 0 }));
  };

  it("is the equation's", () => {
    isAsExpected(runReference(network, { input: fixture.input, batchSize: BATCH }), 1e-8);
  });

  it.each(cpuForms)("is the layer's in %s", async (form) => {
    useCpuForm(form);
    const model = await createModel(network, { device: "cpu" });
    isAsExpected(await model.run(fixture.input, { batchSize: BATCH }), 2e-6);
  });
});

describe("a recurrence along each frame", () => {
  it("streams in both directions", async () => {
    const dualPath = twinCase("dual-path").network();
    expect(canStream(dualPath)).toBe(true);
    const input = randomInput(dualPath, 5, 960);
    const model = await createModel(dualPath, { device: "cpu" });
    const { output } = await model.run(input);
    const stream = model.createStream();
    const size = model.outputSize;
    for (let step = 0; step < 5; step++) {
      const pushed = await stream.push(input.subarray(step * dualPath.inputSize, (step + 1) * dualPath.inputSize));
      expectIsClose(compare(pushed, output.subarray(step * size, (step + 1) * size), { atol: 1e-6, rtol: 0 }));
    }
  });

  it("has no state, and rows along time have one each", () => {
    expect(stateLength(oneGru({ frameSteps: 4, rows: 2 }), 1)).toBe(0);
    expect(stateLength(oneGru({ rows: 4 }), 1)).toBe(12);
    expect(stateLength(oneGru({ frameSteps: 4, rows: 2, keepsState: true }), 1)).toBe(6);
  });

  it("is named in what a model says of itself", async () => {
    const model = await createModel(oneGru({ frameSteps: 4, rows: 2 }), { device: "cpu" });
    expect(model.explain()).toContain("gru 2 -> 3 of [input], rows 2, steps in each frame 4, forward");
  });
});

describe("the axes of a frame", () => {
  const refused: [what: string, fields: object, message: string][] = [
    ["no rows", { rows: 0 }, 'layer "gru": expected rows to be a positive whole number, got 0'],
    ["half a row", { rows: 1.5 }, 'layer "gru": expected rows to be a positive whole number, got 1.5'],
    ["no steps", { frameSteps: 0 }, 'layer "gru": expected frameSteps to be a positive whole number, or null, got 0'],
    [
      "a word",
      { frameSteps: "4" },
      'layer "gru": expected frameSteps to be a positive whole number, or null, got the string "4"',
    ],
  ];
  it.each([
    [{ keepsState: true }, 'layer "gru": expected frameSteps where keepsState is true, got null'],
    [
      { frameSteps: 2, keepsState: true, direction: "reverse" },
      'layer "gru": expected direction "forward" where keepsState is true, got "reverse"',
    ],
  ])("are refused where they go on, with %o", async (fields, message) => {
    const layer = gru({ inputSize: 2, hiddenSize: 3, ...fields });
    await expectRefusal(() => defineNetwork({ layers: [layer] }), "shape-mismatch", message);
  });

  it.each(refused)("are refused with %s", async (_, fields, message) => {
    const layer = gru({ inputSize: 2, hiddenSize: 3, ...fields });
    await expectRefusal(() => defineNetwork({ layers: [layer] }), "shape-mismatch", message);
  });

  it("are refused where the layer before gives another number", async () => {
    const before = gru({ inputSize: 2, hiddenSize: 3, name: "before" });
    const layers = [before, gru({ inputSize: 2, hiddenSize: 3, rows: 2, inputs: ["before"] })];
    await expectRefusal(
      () => defineNetwork({ layers }),
      "shape-mismatch",
      /expected frames of 3 numbers, the size of \[before\], got 4/,
    );
  });

  it("are refused on a device with too few workgroups, or too little memory of them", async () => {
    await expectRefusal(
      () => plan({ rows: 9 }, { maxComputeWorkgroupsPerDimension: 8 }),
      "limit-exceeded",
      'layer "gru": expected at most 8 rows on this device, got 9; device: "cpu" runs it',
    );
    const message = /^layer "gru": expected at most 64 bytes of workgroup memory .* on this device, got 104; device/;
    await expectRefusal(
      () => plan({ frameSteps: 9 }, { maxComputeWorkgroupStorageSize: 64 }),
      "limit-exceeded",
      message,
    );
  });
});

function gru(fields: { inputSize: number; hiddenSize: number; [field: string]: unknown }): LayerSpec {
  const next = uniform(961);
  const { inputSize, hiddenSize } = fields;
  const weight = randomArray(3 * hiddenSize * inputSize, next);
  const recurrentWeight = randomArray(3 * hiddenSize * hiddenSize, next);
  return { type: "gru", name: "gru", weight, recurrentWeight, ...fields } as unknown as LayerSpec;
}

function oneGru(fields: object): Network {
  return defineNetwork({ layers: [gru({ inputSize: 2, hiddenSize: 3, ...fields })] });
}

function plan(fields: object, limits: object): Plan {
  const request = { maxRows: 1, chunkSteps: 1, lastOnly: false };
  return planOf(oneGru(fields), request, { facts: { ...DEFAULT_FACTS, ...limits } });
}
