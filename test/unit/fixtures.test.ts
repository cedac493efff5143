// The float64 reference and the CPU against what other programs computed.

import { readFileSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { expectIsClose } from "../harness/close.js";
import { cpuForms, useCpuForm } from "../cases/cpuForms.js";
import { fixtureNetwork, largestError, runFixture } from "../files/fixture.js";
import { errorTable, fixtureFolder, fixtureNames, otherEndings, readFixture } from "../files/fixtureFiles.js";
import { projectRoot } from "../harness/library.js";

const names = fixtureNames();
const devices = ["reference", ...cpuForms] as const;

describe("fixtures", () => {
  const errors = new Map(names.map((name) => [name, devices.map(() => NaN)]));
  // oxlint-disable-next-line no-console -- the numbers behind the claim
  afterAll(() => console.log(errorTable(devices, errors)));

  it("are there", () => {
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => otherEndings(name).includes(".pt")).length).toBeGreaterThan(11);
    expect(names.filter((name) => name.startsWith("tfjs_")).length).toBeGreaterThan(11);
    expect(names.filter((name) => /^(h5|keras_v3)_/.test(name)).length).toBeGreaterThan(11);
  });

  for (const name of names) {
    it(`have as many inputs as they say: ${name}`, async () => {
      const { fixture, bytes, files } = readFixture(name);
      const { inputSize } = await fixtureNetwork(fixture, bytes, files);
      expect(fixture.input).toHaveLength(fixture.sequenceLength * fixture.batchSize * inputSize);
    });

    for (const device of devices) {
      it(`agree with ${device}: ${name}`, async () => {
        const { fixture, bytes, files } = readFixture(name);
        if (device !== "reference") useCpuForm(device);
        const comparisons = await runFixture(fixture, bytes, device === "reference" ? device : "cpu", files);
        errors.get(name)![devices.indexOf(device)] = largestError(comparisons);
        for (const comparison of Object.values(comparisons)) expectIsClose(comparison);
      });
    }

    for (const ending of otherEndings(name)) {
      it(`are the same network as ${ending}: ${name}`, async () => {
        const [{ fixture, bytes, files }, other] = [readFixture(name), readFixture(name, ending)];
        const { layers, outputs } = await fixtureNetwork(fixture, other.bytes, files);
        const same = await fixtureNetwork(fixture, bytes, files);
        expect({ layers, outputs }).toEqual({ layers: same.layers, outputs: same.outputs });
        const comparisons = await runFixture(fixture, other.bytes, "cpu", files);
        for (const comparison of Object.values(comparisons)) expectIsClose(comparison);
      });
    }
  }
});

describe("test/fixtures/README.md", () => {
  const readme = readFileSync(`${projectRoot}test/fixtures/README.md`, "utf8");
  const section = /^## What is covered$(.*?)(?=^## |(?![^]))/ms.exec(readme)?.[1] ?? "";
  const rows = section.split("\n").filter((line) => line.startsWith("| ") && !line.startsWith("| What"));
  const named = new Set(rows.flatMap((row) => [...row.matchAll(/`([a-z0-9_]+)`/g)].map((match) => match[1]!)));

  it("names fixtures in every row of its table", () => {
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) expect(row).toMatch(/`[a-z0-9_]+`/);
  });

  it("names every fixture in its table, and no other", () => {
    expect([...named].sort()).toEqual(names);
  });

  it("names every other file of the folder", () => {
    const others = fixtureFolder().filter((file) => !names.includes(file.replace(/\..*/, "")));
    for (const file of others.filter((other) => other !== "README.md")) expect(readme).toContain(`\`${file}\``);
  });
});
