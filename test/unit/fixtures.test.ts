// The float64 reference and the CPU against what other programs computed.

import { readFileSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { expectIsClose } from "../close.js";
import { fixtureNetwork, largestError, runFixture } from "../fixture.js";
import type { Network } from "../../src/model/network.js";
import { errorTable, fixtureFolder, fixtureNames, MODEL_ENDINGS, modelEndings, readFixture } from "../fixtureFiles.js";
import { projectRoot } from "../library.js";

const names = fixtureNames();
const devices = ["reference", "cpu"] as const;

describe("fixtures", () => {
  const errors = new Map(names.map((name) => [name, devices.map(() => NaN)]));
  // oxlint-disable-next-line no-console -- the numbers behind the claim
  afterAll(() => console.log(errorTable(devices, errors)));

  it("are there", () => {
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => modelEndings(name).includes("pt")).length).toBeGreaterThan(11);
  });

  for (const name of names) {
    it(`have as many inputs as they say: ${name}`, async () => {
      const { fixture, bytes } = readFixture(name);
      const { inputSize } = await fixtureNetwork(fixture, bytes);
      expect(fixture.input).toHaveLength(fixture.sequenceLength * fixture.batchSize * inputSize);
    });

    for (const device of devices) {
      it(`agree with the ${device}: ${name}`, async () => {
        const { fixture, bytes } = readFixture(name);
        const comparisons = await runFixture(fixture, bytes, device);
        errors.get(name)![devices.indexOf(device)] = largestError(comparisons);
        for (const comparison of Object.values(comparisons)) expectIsClose(comparison);
      });
    }

    for (const ending of modelEndings(name).filter((other) => other !== "safetensors")) {
      it(`are the same network as .${ending}: ${name}`, async () => {
        const [{ fixture, bytes }, other] = [readFixture(name), readFixture(name, ending)];
        const { layers, outputs } = await fixtureNetwork(fixture, other.bytes);
        expect({ layers, outputs }).toEqual(pick(await fixtureNetwork(fixture, bytes)));
        const comparisons = await runFixture(fixture, other.bytes, "cpu");
        for (const comparison of Object.values(comparisons)) expectIsClose(comparison);
      });
    }
  }
});

function pick({ layers, outputs }: Network) {
  return { layers, outputs };
}

/** Whether a file of the folder is some fixture's, by its name. */
function isOfFixture(file: string): boolean {
  return ["json", ...MODEL_ENDINGS].some(
    (ending) => file.endsWith(`.${ending}`) && names.includes(file.slice(0, -ending.length - 1)),
  );
}

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
    const others = fixtureFolder().filter((file) => !isOfFixture(file));
    for (const file of others.filter((other) => other !== "README.md")) expect(readme).toContain(`\`${file}\``);
  });
});
