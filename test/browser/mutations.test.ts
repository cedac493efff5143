// Every shader, changed in one place at a time: some case of test/twinCases.ts must differ from the reference then.
// The changes are in test/mutations/.

import { readdirSync, readFileSync } from "node:fs";
import { sep } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TuningRow } from "../../src/plan/tuning.js";
import { projectRoot } from "../library.js";
import { mutations } from "../mutations/index.js";
import { mutate, type Mutation } from "../mutations/mutation.js";
import { openSharedPage } from "./page.js";

const sources = new Map(
  readdirSync(`${projectRoot}shaders`, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".wgsl"))
    .map((file) => [file.split(sep).join("/"), readFileSync(`${projectRoot}shaders/${file}`, "utf8")]),
);

/** What makes a device take the kernel of a shader file: a table that has nothing else. */
function tableOf(file: string): TuningRow[] {
  const walks = WALKS.filter(([files]) => files.test(file));
  return walks.map(([, walk, maxHiddenSize = 4096]) => ({ walk, maxHiddenSize }));
}

/** Files, and how layers up to a size are walked by them: the first that fits. */
const WALKS: readonly [files: RegExp, walk: TuningRow["walk"], maxHiddenSize?: number][] = [
  [/gru_chained/, { kernel: "chained", workgroupSize: 8, lanes: 2, maxSpins: 1_000_000 }, 7],
  [/gru_chained/, { kernel: "chained", workgroupSize: 72, lanes: 2, maxSpins: 1_000_000 }],
  // Nothing is ever waited for: every walk is resumed after its first step.
  [/start_resumed/, { kernel: "chained", workgroupSize: 8, lanes: 2, maxSpins: 0 }],
  [/start_whole/, { kernel: "resident", workgroupSize: 16, lanes: 2 }],
  [/gru_resident/, { kernel: "resident", workgroupSize: 16, lanes: 2 }],
  [/gru_step_tile/, { kernel: "tile" }],
  [/gru_registers/, { kernel: "registers" }],
  [/gru_step_quad/, { kernel: "quad" }],
  [/gru_cell/, { kernel: "cell" }],
  [/gru_wave|products/, { kernel: "wave" }],
  [/network_step|operations?\.wgsl/, { kernel: "network", workgroupSize: 32 }],
];

/** The case that noticed each mutation. */
const killers = new Map<Mutation, string>();

describe("mutations", () => {
  it("are there for every shader", () => {
    expect(new Set(mutations.map(({ file }) => file))).toEqual(new Set(sources.keys()));
  });

  it("have each a name of its own", () => {
    const names = mutations.map(({ file, name }) => `${file}: ${name}`);
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

  const findKiller = (file: string, mutated: string, cases: readonly string[]) =>
    shared.page.evaluate(
      (mutant, names, table) => harness.findKiller(mutant, names, table),
      { original: sources.get(file)!, mutated },
      cases,
      tableOf(file),
    );

  for (const [file, source] of sources) {
    const ofFile = mutations.filter((mutation) => mutation.file === file);

    it(`${file} as it is passes the cases that are to notice its mutations`, async () => {
      const cases = [...new Set(ofFile.flatMap((mutation) => mutation.cases))];
      expect(await findKiller(file, source, cases)).toBeNull();
    });

    for (const mutation of ofFile) {
      it(`notices ${file}: ${mutation.name}`, async () => {
        const killer = await findKiller(file, mutate(source, mutation), mutation.cases);
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
