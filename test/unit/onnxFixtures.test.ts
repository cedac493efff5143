// ONNX models on the float64 reference and the CPU, against what their frameworks computed.

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { expectIsClose } from "../harness/close.js";
import { projectRoot } from "../harness/library.js";
import { caseOf, runOnnxFixture } from "../files/onnxFixture.js";
import { onnxFixtureFolder, onnxFixtureNames, readOnnxFixtureFile } from "../files/onnxFixtureFiles.js";

const names = onnxFixtureNames();

describe("ONNX fixtures", () => {
  it("are there, at every opset that they name", () => {
    const cases = new Set(names.map(caseOf));
    const ofTorch = [...cases].filter((name) => [9, 13, 17].every((opset) => names.includes(`${name}.opset${opset}`)));
    expect(ofTorch.length).toBeGreaterThan(11);
    for (const name of cases) {
      const { opsets } = readOnnxFixtureFile(names.find((file) => caseOf(file) === name)!).fixture;
      expect(names.filter((file) => caseOf(file) === name)).toHaveLength(opsets.length);
    }
  });

  for (const name of names) {
    for (const device of ["reference", "cpu"] as const) {
      it(`agree with the ${device}: ${name}`, async () => {
        const { fixture, bytes } = readOnnxFixtureFile(name);
        const comparisons = await runOnnxFixture(fixture, bytes, device);
        expect(Object.keys(comparisons)).not.toEqual([]);
        for (const comparison of Object.values(comparisons)) expectIsClose(comparison);
      });
    }
  }
});

describe("test/fixtures/onnx/README.md", () => {
  const readme = readFileSync(`${projectRoot}test/fixtures/onnx/README.md`, "utf8");
  const section = /^## What is covered$(.*)/ms.exec(readme)?.[1] ?? "";
  const named = new Set([...section.matchAll(/`((?:torch|graph)_[a-z0-9_]+)`/g)].map((match) => match[1]!));

  it("names every case in its table, and no other", () => {
    expect([...named].sort()).toEqual([...new Set(names.map(caseOf))].sort());
  });

  it("names every other file of the folder", () => {
    const others = onnxFixtureFolder().filter((file) => !/\.(json|onnx)$/.test(file));
    for (const file of others.filter((other) => other !== "README.md")) expect(readme).toContain(`\`${file}\``);
  });

  it("has a model file for every .json", () => {
    const cases = onnxFixtureFolder().filter((file) => file.endsWith(".json"));
    expect(cases.map((file) => file.slice(0, -".json".length))).toEqual([...new Set(names.map(caseOf))].sort());
  });
});
