// The models that lie in test/fixtures/models/, found by listing it.

import { readdirSync, readFileSync } from "node:fs";
import { projectRoot } from "../harness/library.js";
import type { ModelFixture } from "./modelFixture.js";

const FOLDER = `${projectRoot}test/fixtures/models/`;

/** Names of all model files. */
export function modelFixtureNames(): string[] {
  return readdirSync(FOLDER)
    .filter((file) => /\.(onnx|h5)$/.test(file))
    .sort();
}

/** A model file and what must come out of it. */
export function readModelFixture(name: string): { fixture: ModelFixture; bytes: Uint8Array } {
  return {
    fixture: JSON.parse(readFileSync(`${FOLDER}${name.replace(/\.\w+$/, "")}.json`, "utf8")) as ModelFixture,
    bytes: new Uint8Array(readFileSync(`${FOLDER}${name}`)),
  };
}
