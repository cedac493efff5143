// The fixtures that lie in test/fixtures/, found by listing it.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import type { Fixture } from "./fixture.js";
import { projectRoot } from "./library.js";

const FOLDER = `${projectRoot}test/fixtures/`;

/** Names of all fixtures: of every .json there, without the ending. */
export function fixtureNames(): string[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith(".json"))
    .map((file) => file.slice(0, -".json".length))
    .sort();
}

/** What the model's file of a fixture may end with; each of a fixture's files is the same network. */
export const MODEL_ENDINGS = ["safetensors", "pt"] as const;

/** Endings of the model files that a fixture has. */
export function modelEndings(name: string): string[] {
  return MODEL_ENDINGS.filter((ending) => existsSync(`${FOLDER}${name}.${ending}`));
}

/** Names of all files in the folder. */
export function fixtureFolder(): string[] {
  return readdirSync(FOLDER);
}

/** A fixture and its model file, if it has one. @param ending which of its files */
export function readFixture(name: string, ending = "safetensors"): { fixture: Fixture; bytes: Uint8Array | null } {
  const path = `${FOLDER}${name}.${ending}`;
  return {
    fixture: JSON.parse(readFileSync(`${FOLDER}${name}.json`, "utf8")) as Fixture,
    bytes: existsSync(path) ? new Uint8Array(readFileSync(path)) : null,
  };
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

function largestValue({ output, outputs = {}, finalState }: Fixture): number {
  const values = [...(output ?? Object.values(outputs).flat()), ...finalState];
  return values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
}
