// How a mutation is run: the shader's text, and a table of kernels that takes its kernel.

import { readdirSync, readFileSync } from "node:fs";
import { sep } from "node:path";
import type { RecurrentRow } from "../../../src/plan/recurrent/table.js";
import { FAMILY_TABLES } from "../../cases/familyTables.js";
import { projectRoot } from "../../harness/library.js";
import type { Mutation } from "./mutation.js";

/** The text of every file of shaders/, by its path there. */
export const shaderSources: ReadonlyMap<string, string> = new Map(
  readdirSync(`${projectRoot}shaders`, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".wgsl"))
    .map((file) => [file.split(sep).join("/"), readFileSync(`${projectRoot}shaders/${file}`, "utf8")]),
);

/** A mutation's file, its fault and, where the file does not tell, its family. */
export function titleOf({ file, name, family }: Mutation): string {
  return `${file}: ${name}${family === undefined ? "" : `, ${family}`}`;
}

/** Arguments of the test page's `findKiller`. */
export function killerRequest(
  of: Pick<Mutation, "file" | "family">,
  mutated: string,
  cases: readonly string[],
): [mutant: { original: string; mutated: string }, cases: readonly string[], table: readonly RecurrentRow[]] {
  return [{ original: shaderSources.get(of.file)!, mutated }, cases, tableOf(of)];
}

/** A table that has nothing but the kernel of a mutation. */
function tableOf({ file, family }: Pick<Mutation, "file" | "family">): readonly RecurrentRow[] {
  return family === undefined ? (TABLES[file] ?? []) : FAMILY_TABLES[family];
}

const maxHiddenSize = 4096;
const PERSISTENT: RecurrentRow = { maxHiddenSize, family: { kernel: "persistent", workgroupSize: 16, lanes: 2 } };
const WAVEFRONT: RecurrentRow = { maxHiddenSize, family: { kernel: "wavefront" } };
const NETWORK: RecurrentRow = { maxHiddenSize, family: { kernel: "network", workgroupSize: 32 } };

/** Tables by the file; single steps take all others. */
const TABLES: Record<string, readonly RecurrentRow[]> = {
  "recurrent_cooperative.wgsl": [
    {
      maxHiddenSize: 7,
      family: { kernel: "cooperative", workgroupSize: 8, lanes: 2, maxSpins: 1_000_000, mayGiveUp: true },
    },
    {
      maxHiddenSize,
      family: { kernel: "cooperative", workgroupSize: 72, lanes: 2, maxSpins: 1_000_000, mayGiveUp: true },
    },
  ],
  // Nothing is ever waited for: every row is resumed after its first step.
  "lib/start_resumed.wgsl": [
    { maxHiddenSize, family: { kernel: "cooperative", workgroupSize: 8, lanes: 2, maxSpins: 0, mayGiveUp: true } },
  ],
  "lib/start_whole.wgsl": [PERSISTENT],
  "recurrent_persistent.wgsl": [PERSISTENT],
  "lib/kept_h.wgsl": [PERSISTENT],
  "lib/kept_h_c.wgsl": [PERSISTENT],
  "gru_persistent.wgsl": [PERSISTENT],
  "recurrent_cell.wgsl": [{ maxHiddenSize, family: { kernel: "cell" } }],
  "gru_wavefront.wgsl": [WAVEFRONT],
  "gru_wavefront_new.wgsl": [WAVEFRONT],
  "lib/stack.wgsl": [WAVEFRONT],
  "network_step.wgsl": [NETWORK],
  "lib/operation.wgsl": [NETWORK],
  "lib/operations.wgsl": [NETWORK],
};
