// Every shader, changed in one place at a time: some case of test/cases/twinCases.ts must differ from the reference then.
// The changes are in test/mutations/.

import { readdirSync, readFileSync } from "node:fs";
import { sep } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GruRow } from "../../src/plan/gru/table.js";
import { FAMILY_TABLES } from "../cases/familyTables.js";
import { projectRoot } from "../harness/library.js";
import { mutations } from "../long/mutations/index.js";
import { mutate, type Mutation } from "../long/mutations/mutation.js";
import { openSharedPage } from "./page.js";

const sources = new Map(
  readdirSync(`${projectRoot}shaders`, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".wgsl"))
    .map((file) => [file.split(sep).join("/"), readFileSync(`${projectRoot}shaders/${file}`, "utf8")]),
);

/** What makes a device take the kernel of a mutation: a table that has nothing else. */
function tableOf({ file, family }: Pick<Mutation, "file" | "family">): readonly GruRow[] {
  if (family !== undefined) return FAMILY_TABLES[family];
  const families = FAMILIES.filter(([files]) => files.test(file));
  return families.map(([, each, maxHiddenSize = 4096]) => ({ family: each, maxHiddenSize }));
}

/** Files, and the family that layers up to a size have by them: the first that fits. */
const FAMILIES: readonly [files: RegExp, family: GruRow["family"], maxHiddenSize?: number][] = [
  [/gru_cooperative/, { kernel: "cooperative", workgroupSize: 8, lanes: 2, maxSpins: 1_000_000, mayGiveUp: true }, 7],
  [/gru_cooperative/, { kernel: "cooperative", workgroupSize: 72, lanes: 2, maxSpins: 1_000_000, mayGiveUp: true }],
  // Nothing is ever waited for: every row is resumed after its first step.
  [/start_resumed/, { kernel: "cooperative", workgroupSize: 8, lanes: 2, maxSpins: 0, mayGiveUp: true }],
  [/start_whole/, { kernel: "persistent", workgroupSize: 16, lanes: 2 }],
  [/gru_persistent/, { kernel: "persistent", workgroupSize: 16, lanes: 2 }],
  [/gru_cell/, { kernel: "cell" }],
  [/gru_wavefront|stack/, { kernel: "wavefront" }],
  [/network_step|operations?\.wgsl/, { kernel: "network", workgroupSize: 32 }],
];

/** A mutation's file, what is wrong with it and, where the file does not tell, in which family. */
function titleOf({ file, name, family }: Mutation): string {
  return `${file}: ${name}${family === undefined ? "" : `, ${family}`}`;
}

/** The case that noticed each mutation. */
const killers = new Map<Mutation, string>();

describe("mutations", () => {
  it("are there for every shader", () => {
    expect(new Set(mutations.map(({ file }) => file))).toEqual(new Set(sources.keys()));
  });

  it("have each a name of its own", () => {
    const names = mutations.map(titleOf);
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  });
});

describe("on WebGPU", () => {
  let shared: Awaited<ReturnType<typeof openSharedPage>>;
  beforeAll(async () => {
    shared = await openSharedPage();
  });
  afterAll(async () => {
    // oxlint-disable-next-line no-console -- the result of the check, for whoever reads the log
    console.log(summarize());
    await shared.close();
  });

  const findKiller = (of: Pick<Mutation, "file" | "family">, mutated: string, cases: readonly string[]) =>
    shared.page.evaluate(
      (mutant, names, table) => harness.findKiller(mutant, names, table),
      { original: sources.get(of.file)!, mutated },
      cases,
      tableOf(of),
    );

  for (const [file, source] of sources) {
    const ofFile = mutations.filter((mutation) => mutation.file === file);

    it(`${file} as it is passes the cases that are to notice its mutations`, async () => {
      for (const family of new Set(ofFile.map((mutation) => mutation.family))) {
        const ofFamily = ofFile.filter((mutation) => mutation.family === family);
        const cases = [...new Set(ofFamily.flatMap((mutation) => mutation.cases))];
        expect(await findKiller({ file, ...(family && { family }) }, source, cases)).toBeNull();
      }
    });

    for (const mutation of ofFile) {
      it(`notices ${titleOf(mutation)}`, async () => {
        const killer = await findKiller(mutation, mutate(source, mutation), mutation.cases);
        expect(killer, `a case that differs, among ${mutation.cases.join("; ")}`).not.toBeNull();
        killers.set(mutation, killer![0]);
      });
    }
  }
});

/** A line for each shader: how many of its mutations were noticed, and how many by which case. */
function summarize(): string {
  const lines = [...sources.keys()].map((file) => {
    const ofFile = mutations.filter((mutation) => mutation.file === file);
    const byCase = new Map<string, number>();
    for (const mutation of ofFile) {
      const killer = killers.get(mutation);
      if (killer !== undefined) byCase.set(killer, (byCase.get(killer) ?? 0) + 1);
    }
    const numNoticed = [...byCase.values()].reduce((sum, count) => sum + count, 0);
    const cases = [...byCase].map(([name, count]) => `${count} by "${name}"`);
    return `  ${file.padEnd(30)} ${numNoticed} of ${ofFile.length}: ${cases.join(", ")}`;
  });
  return [`mutations noticed: ${killers.size} of ${mutations.length}`, ...lines].join("\n");
}
