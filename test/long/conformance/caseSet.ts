// Writes sets of cases for the tests.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { GruLayer } from "../../../src/layers/gru.js";
import { runReference } from "../../harness/reference/runReference.js";
import { defineNetwork } from "../../../src/model/defineNetwork.js";

/** An inline tensor reference. */
export interface InlineRef {
  readonly shape: readonly number[];
  readonly data: readonly number[];
  readonly dtype: "F64";
}

/** A case as a test writes it; it is given a name, a group and a tolerance where it has none. */
export interface CaseParts {
  readonly name?: string;
  readonly group?: string;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly program?: readonly unknown[];
  readonly onnx?: string;
  readonly native?: unknown;
  /** The expected tensors, by name. */
  readonly outputs: Readonly<Record<string, InlineRef>>;
  readonly engine?: { readonly atol: number; readonly rtol: number; readonly required?: boolean };
}

/** Writes a set into a folder that goes with the test. @returns the folder */
export function writeCases(cases: readonly CaseParts[]): string {
  const folder = mkdtempSync(join(tmpdir(), "webgru-conformance-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const entries = cases.map((parts, i) => ({
    name: `own/case${i}`,
    group: "own",
    inputs: {},
    engine: { atol: 1e-5, rtol: 1e-5 },
    ...parts,
    outputs: Object.fromEntries(Object.entries(parts.outputs).map(([name, ref]) => [name, { expected: [{ ref }] }])),
  }));
  writeFileSync(join(folder, "manifest.json"), JSON.stringify({ schema: "gru-cases/1", files: ["cases.json"] }));
  writeFileSync(join(folder, "cases.json"), JSON.stringify({ cases: entries }));
  return folder;
}

/** A tensor inside a case file. */
export function inline(shape: readonly number[], data: Iterable<number>): InlineRef {
  return { shape, data: [...data], dtype: "F64" };
}

/** The output of a layer in float64. @param input [T, B, I] */
export function referenceOf(
  layer: GruLayer,
  input: Float32Array,
  options: { batchSize: number; lengths?: number[]; initialState?: Float32Array },
): { y: Float64Array; finalState: Float64Array } {
  const { output, finalState } = runReference(defineNetwork({ layers: [layer] }), { input, ...options });
  return { y: output, finalState };
}
