// The ONNX fixtures that lie in test/fixtures/onnx/, found by listing it.

import { readdirSync, readFileSync } from "node:fs";
import { projectRoot } from "../harness/library.js";
import { caseOf, type OnnxFixture } from "./onnxFixture.js";

const FOLDER = `${projectRoot}test/fixtures/onnx/`;

/** Names of all files in the folder. */
export function onnxFixtureFolder(): string[] {
  return readdirSync(FOLDER).sort();
}

/** Names of all model files, without the ending: `<case>.opset<N>`. */
export function onnxFixtureNames(): string[] {
  return onnxFixtureFolder()
    .filter((file) => file.endsWith(".onnx"))
    .map((file) => file.slice(0, -".onnx".length));
}

/** A model file and what must come out of it. */
export function readOnnxFixtureFile(name: string): { fixture: OnnxFixture; bytes: Uint8Array } {
  return {
    fixture: JSON.parse(readFileSync(`${FOLDER}${caseOf(name)}.json`, "utf8")) as OnnxFixture,
    bytes: new Uint8Array(readFileSync(`${FOLDER}${name}.onnx`)),
  };
}
