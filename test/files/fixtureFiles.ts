// The fixtures that lie in test/fixtures/, found by listing it.

import { readdirSync, readFileSync } from "node:fs";
import type { ModelFiles } from "../../src/formats/fileContents.js";
import type { Fixture, FixtureParts } from "./fixture.js";
import { projectRoot } from "../harness/library.js";

const FOLDER = `${projectRoot}test/fixtures/`;

/** Names of all fixtures: of every .json there, without the ending. */
export function fixtureNames(): string[] {
  return readdirSync(FOLDER)
    .filter((file) => /^\w+\.json$/.test(file))
    .map((file) => file.slice(0, -".json".length))
    .sort();
}

/** Names of all files in the folder. */
export function fixtureFolder(): string[] {
  return readdirSync(FOLDER);
}

/** Endings of model files. A fixture that has several has one network in all of them; the first one is the usual. */
const ENDINGS = [".safetensors", ".pt", ".h5", ".keras", ".model.json", ".npz", ".rnnn", ".blob"];

/** Endings of a fixture's model files after the first. */
export function otherEndings(name: string): string[] {
  const files = fixtureFolder();
  return ENDINGS.filter((ending) => files.includes(name + ending)).slice(1);
}

/** Names of a fixture's model file, if it has one, and of the files that go with it. @param wanted the model file's ending */
export function fixtureParts(name: string, wanted?: string): FixtureParts {
  const files = fixtureFolder().filter((file) => file.startsWith(`${name}.`));
  const ending = (wanted === undefined ? ENDINGS : [wanted]).find((each) => files.includes(name + each));
  return {
    modelFile: ending === undefined ? null : name + ending,
    others: files.filter((file) => file.endsWith(".bin")),
  };
}

/** A fixture, its model file, if it has one, and the files that go with it. @param ending the model file's */
export function readFixture(
  name: string,
  ending?: string,
): { fixture: Fixture; bytes: Uint8Array | null; files: ModelFiles } {
  const { modelFile, others } = fixtureParts(name, ending);
  return {
    fixture: JSON.parse(readFileSync(`${FOLDER}${name}.json`, "utf8")) as Fixture,
    bytes: modelFile === null ? null : readBytes(modelFile),
    files: new Map(others.map((file) => [file, readBytes(file)])),
  };
}

function readBytes(file: string): Uint8Array {
  return new Uint8Array(readFileSync(`${FOLDER}${file}`));
}

/**
 * The largest error of each fixture on each device, in a table for the log.
 *
 * @param errors by fixture, in the order of `devices`
 */
export function errorTable(devices: readonly string[], errors: ReadonlyMap<string, readonly number[]>): string {
  const rows = [...errors].map(([name, ofDevices]) => [
    name,
    largestValue(readFixture(name).fixture).toPrecision(2),
    ...ofDevices.map((error) => error.toExponential(1)),
  ]);
  const width = Math.max(0, ...rows.map(([name]) => name!.length));
  const line = ([name, ...cells]: string[]) =>
    [name!.padEnd(width), ...cells.map((cell) => cell.padStart(9))].join(" ");
  return [["largest error", "values to", ...devices], ...rows].map(line).join("\n");
}

function largestValue({ output, outputs = {}, finalState = [] }: Fixture): number {
  const values = [...(output ?? Object.values(outputs).flat()), ...finalState];
  return values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
}
