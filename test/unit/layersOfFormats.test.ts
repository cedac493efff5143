// The table of layer types and formats in src/formats/README.md against the fixtures: a format gives a layer type where a fixture does.

import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { parseOnnx } from "../../src/entries/onnx.js";
import { LAYER_TYPES } from "../../src/layers/index.js";
import type { Network } from "../../src/model/network.js";
import { fixtureNetwork } from "../files/fixture.js";
import { fixtureNames, readFixture } from "../files/fixtureFiles.js";
import { readOnnxFixture } from "../files/onnxFixture.js";
import { onnxFixtureNames, readOnnxFixtureFile } from "../files/onnxFixtureFiles.js";
import { onnxruntimeFixtureNames, readOnnxruntimeFixture } from "../files/onnxruntimeFixtureFiles.js";
import { projectRoot } from "../harness/library.js";

const readme = readFileSync(`${projectRoot}src/formats/README.md`, "utf8");
const table = /^\| Layer type \| (PyTorch .*)$\n.*\n((?:\|.*\n)+)/m.exec(readme)!;
const formats = cellsOf(table[1]!);
const rows = table[2]!
  .trim()
  .split("\n")
  .map((line) => cellsOf(line.replace(/^\| /, "")));

/** Which format a fixture's file is of, by the beginning of its name. */
const FORMATS: readonly [RegExp, string][] = [
  [/^torch_/, "PyTorch"],
  [/^(h5|keras|keras3|tfjs)_/, "Keras, TF.js"],
];

const found = new Map<string, Set<string>>(formats.map((format) => [format, new Set()]));

beforeAll(async () => {
  for (const name of fixtureNames()) {
    const { fixture, bytes, files } = readFixture(name);
    const format = FORMATS.find(([pattern]) => pattern.test(name))?.[1];
    if (format === undefined || fixture.description !== undefined) continue;
    collect(format, await fixtureNetwork(fixture, bytes, files));
  }
  for (const name of onnxFixtureNames()) {
    const { fixture, bytes } = readOnnxFixtureFile(name);
    collect("ONNX", readOnnxFixture(fixture, bytes));
  }
  for (const name of onnxruntimeFixtureNames()) {
    const { fixture, bytes } = readOnnxruntimeFixture(name);
    collect("ONNX", parseOnnx(bytes, fixture.options));
  }
});

function collect(format: string, { layers }: Network): void {
  for (const { type } of layers) found.get(format)!.add(type);
}

function cellsOf(line: string): string[] {
  return line
    .split("|")
    .map((cell) => cell.trim())
    .filter((_, i, all) => i < all.length - 1);
}

describe("the table of layer types", () => {
  it("has a row for each, and a column for each format", () => {
    expect(formats).toEqual(["PyTorch", "ONNX", "Keras, TF.js"]);
    expect(rows.map(([type]) => type!.replaceAll("`", "")).sort()).toEqual([...LAYER_TYPES].sort());
  });

  it.each(formats.map((format, i) => [format, i + 1] as const))("says what files of %s give", (format, column) => {
    const said = rows.filter((row) => row[column] === "yes").map(([type]) => type!.replaceAll("`", ""));
    expect(said.sort()).toEqual([...found.get(format)!].sort());
  });
});
