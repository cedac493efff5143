// Sets of cases on disk: manifest.json, the case files that it lists, the tensors that those refer to.

import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { safetensorsFile } from "../../files/safetensorsFile.js";
import { NotRun } from "./notRun.js";
import type { Program, Step } from "./program.js";
import type { Tensor } from "./tensor.js";
import { isTensorRef, TensorReader, type TensorRef } from "./tensorRef.js";

/** The format's name and version, as manifest.json gives it. */
const SCHEMA = "gru-cases/1";

interface Expectation {
  readonly ref: TensorRef;
}

/** A case as its file has it. */
interface CaseEntry {
  readonly name: string;
  readonly group: string;
  readonly native?: {
    readonly framework?: string;
    readonly state_dict?: string | Readonly<Record<string, TensorRef>>;
  };
  readonly inputs: Readonly<Record<string, TensorRef>>;
  readonly outputs: Readonly<
    Record<string, { readonly expected: readonly [Expectation, ...Expectation[]]; readonly alternatives?: unknown }>
  >;
  readonly engine: { readonly atol: number; readonly rtol?: number; readonly required?: boolean };
  readonly onnx?: string;
  readonly program?: readonly unknown[];
}

/** A case, its tensors still on disk. */
export interface Case {
  readonly name: string;
  readonly group: string;
  /** Whether a failure counts. */
  readonly isRequired: boolean;
  readonly atol: number;
  readonly rtol: number;
  /** The program of the case. @throws NotRun for a case that is a file which the library does not read */
  program(): Program;
  /** Accepted results of each output by its name, the target first. */
  expected(): Record<string, Tensor[]>;
}

/**
 * Reads a set's list of cases.
 *
 * @param folder the one that holds manifest.json
 * @param filter text that a case's name contains
 */
export function readCases(folder: string, filter = ""): Case[] {
  const manifestPath = join(folder, "manifest.json");
  if (!existsSync(manifestPath)) {
    throw new Error(`${manifestPath}: expected a set of cases, got no such file; name its folder`);
  }
  const { schema, files } = readJson<{ schema: string; files: string[] }>(manifestPath);
  if (schema !== SCHEMA) throw new Error(`${manifestPath}: expected schema ${SCHEMA}, got ${schema}`);
  const reader = new TensorReader();
  return files.flatMap((file) => {
    const path = join(folder, file);
    const entry = readJson<CaseEntry | { readonly cases: readonly CaseEntry[] }>(path);
    const entries = "cases" in entry ? entry.cases : [entry];
    return entries.filter(({ name }) => name.includes(filter)).map((one) => openCase(one, dirname(path), reader));
  });
}

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(path, "utf8")) as T;
}

function openCase(entry: CaseEntry, folder: string, reader: TensorReader): Case {
  const { name, group, engine, outputs } = entry;
  const resolve = (ref: TensorRef) => reader.resolve(ref, folder);
  return {
    name,
    group,
    isRequired: engine.required ?? true,
    atol: engine.atol,
    rtol: engine.rtol ?? 0,
    program: () => readProgram(entry, folder, resolve),
    expected: () =>
      mapValues(outputs, ({ expected: [target], alternatives = [] }) =>
        [target, ...listOf(alternatives)].map((one) => resolve(isTensorRef(one) ? one : (one as Expectation).ref)),
      ),
  };
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [value];
}

function readProgram(entry: CaseEntry, folder: string, resolve: (ref: TensorRef) => Tensor): Program {
  const { native, onnx, inputs, outputs, program } = entry;
  if (onnx === undefined && program === undefined) throw new NotRun(`needs ${loaderName(native?.framework)}`);
  return {
    inputs: mapValues(inputs, resolve),
    steps: resolveAll(program ?? [], resolve) as Step[],
    outputs: Object.keys(outputs),
    stateDict: readStateDict(native, folder, resolve),
    ...(onnx !== undefined && { onnx: new Uint8Array(readFileSync(join(folder, onnx))) }),
  };
}

function loaderName(framework = "its framework"): string {
  return `${/^[aeio]/i.test(framework) ? "an" : "a"} ${framework} loader`;
}

/** A state_dict's file: the case's own, safetensors or .pt, or a safetensors one made of the tensors that it names. */
function readStateDict(
  native: CaseEntry["native"],
  folder: string,
  resolve: (ref: TensorRef) => Tensor,
): Uint8Array | null {
  const stateDict = native?.state_dict;
  if (stateDict === undefined || !/torch/i.test(native?.framework ?? "")) return null;
  if (typeof stateDict === "string") return new Uint8Array(readFileSync(join(folder, stateDict)));
  const tensors = Object.entries(stateDict).map(([name, ref]) => {
    const { shape, data } = resolve(ref);
    return [name, { shape, values: Float32Array.from(data) }] as const;
  });
  return safetensorsFile({ tensors });
}

/** The value with every tensor reference in it resolved. */
function resolveAll(value: unknown, resolve: (ref: TensorRef) => Tensor): unknown {
  if (isTensorRef(value)) return resolve(value);
  if (Array.isArray(value)) return value.map((item) => resolveAll(item, resolve));
  if (typeof value !== "object" || value === null) return value;
  return mapValues(value as Record<string, unknown>, (item) => resolveAll(item, resolve));
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
