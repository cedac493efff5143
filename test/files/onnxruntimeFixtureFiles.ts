// The fixtures that lie in test/fixtures/onnxruntime/, found by listing it.

import { readdirSync, readFileSync } from "node:fs";
import { projectRoot } from "../harness/library.js";
import type { OnnxruntimeFixture } from "./onnxruntimeFixture.js";

const FOLDER = `${projectRoot}test/fixtures/onnxruntime/`;

/** Names of all cases. */
export function onnxruntimeFixtureNames(): string[] {
  const models = readdirSync(FOLDER).filter((file) => file.endsWith(".onnx"));
  return models.map((file) => file.slice(0, -".onnx".length)).sort();
}

/** A model file and what must come out of it. */
export function readOnnxruntimeFixture(name: string): { fixture: OnnxruntimeFixture; bytes: Uint8Array } {
  return {
    fixture: JSON.parse(readFileSync(`${FOLDER}${name}.json`, "utf8")) as OnnxruntimeFixture,
    bytes: new Uint8Array(readFileSync(`${FOLDER}${name}.onnx`)),
  };
}
