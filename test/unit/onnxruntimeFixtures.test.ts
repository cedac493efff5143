// ONNX models on the float64 reference and the CPU, against what onnxruntime computed.

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { expectIsClose } from "../harness/close.js";
import { projectRoot } from "../harness/library.js";
import { runOnnxruntimeFixture } from "../files/onnxruntimeFixture.js";
import { onnxruntimeFixtureNames, readOnnxruntimeFixture } from "../files/onnxruntimeFixtureFiles.js";

const names = onnxruntimeFixtureNames();

describe("onnxruntime's results", () => {
  it("are there", () => {
    expect(names.length).toBeGreaterThan(5);
  });

  for (const name of names) {
    for (const device of ["reference", "cpu"] as const) {
      it(`are those of the ${device}: ${name}`, async () => {
        const { fixture, bytes } = readOnnxruntimeFixture(name);
        const comparisons = await runOnnxruntimeFixture(fixture, bytes, device);
        expect(Object.keys(comparisons)).not.toEqual([]);
        for (const comparison of Object.values(comparisons)) expectIsClose(comparison);
      });
    }
  }

  it("are named in their README, each case once", () => {
    const readme = readFileSync(`${projectRoot}test/fixtures/onnxruntime/README.md`, "utf8");
    const named = [...readme.matchAll(/^\| `(\w+)`/gm)].map((match) => match[1]!);
    expect(named.sort()).toEqual(names);
  });
});
