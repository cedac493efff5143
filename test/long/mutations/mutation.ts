import type { FamilyName } from "../../cases/familyTables.js";

/** One change of a shader file, which some case of test/cases/twinCases.ts must notice. */
export interface Mutation {
  /** The fault of the shader then. */
  readonly name: string;
  /** In shaders/. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** How often `from` is in the file, each of which is changed; once when absent. */
  readonly times: number;
  /** Ids of the cases that may notice, to be tried in this order. */
  readonly cases: readonly string[];
  /** The kernel family that is to run; that of the file when absent. */
  readonly family?: FamilyName;
}

/** Mutations as they are written down: many of one file that the same cases notice. */
export type MutationRow = readonly [name: string, from: string, to: string, times?: number];

/** Mutations of a shader file that the same cases notice. */
export function mutationsOf(
  file: string,
  cases: readonly string[],
  rows: readonly MutationRow[],
  family?: FamilyName,
): Mutation[] {
  const optional = family === undefined ? {} : { family };
  return rows.map(([name, from, to, times = 1]) => ({ name, file, from, to, times, cases, ...optional }));
}

/** The file's text, changed. @throws when the text is not there, or not as often as the mutation says */
export function mutate(source: string, { file, from, to, times }: Mutation): string {
  const parts = source.split(from);
  if (from === to || parts.length !== times + 1) {
    throw new Error(`${file}: expected ${times} x ${JSON.stringify(from)} to change, got ${parts.length - 1}`);
  }
  return parts.join(to);
}
