// The shapes of models that people run, on the float64 reference and the CPU, against PyTorch. On WebGPU: test/browser/models.test.ts.

import { beforeAll, describe, expect, it } from "vitest";
import { cpuForms, useCpuForm } from "../cases/cpuForms.js";
import { runModelFixture } from "../files/modelFixture.js";
import { modelFixtureNames, readModelFixture } from "../files/modelFixtureFiles.js";
import { expectIsClose } from "../harness/close.js";

const names = modelFixtureNames();

it("has models", () => {
  expect(names.length).toBeGreaterThan(0);
});

describe.each(["reference", ...cpuForms] as const)("the %s", (form) => {
  beforeAll(() => {
    if (form !== "reference") useCpuForm(form);
  });

  it.each(names)("gives what PyTorch gives for %s", async (name) => {
    const { fixture, bytes } = readModelFixture(name);
    const comparisons = await runModelFixture(fixture, bytes, form === "reference" ? form : "cpu");
    expect(Object.keys(comparisons)).not.toEqual([]);
    for (const comparison of Object.values(comparisons)) expectIsClose(comparison);
  });
});
