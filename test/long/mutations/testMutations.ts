// Shaders with one change at a time: some twin case must differ from the reference then. The changes are in the files beside
// this one.

import { afterAll, beforeAll, expect, it } from "vitest";
import { openSharedPage } from "../../browser/support/openPage.js";
import { mutations } from "./index.js";
import { mutate, type Mutation } from "./mutation.js";
import { killerRequest, shaderSources, titleOf } from "./run.js";

/** The shaders that one test file changes, so that several files run side by side. */
export type Part = "layers" | "lib" | "recurrent";

/** Which part a file of shaders/ belongs to. */
function partOf(file: string): Part {
  if (file.startsWith("lib/")) return "lib";
  return /^(gru|recurrent)_/.test(file) ? "recurrent" : "layers";
}

/** Tests that each mutation of a part's shaders is noticed, and that the shaders as they are pass the same cases. */
export function testMutations(part: Part): void {
  const sources = [...shaderSources].filter(([file]) => partOf(file) === part);
  /** The case that noticed each mutation. */
  const killers = new Map<Mutation, string>();
  let shared: Awaited<ReturnType<typeof openSharedPage>>;
  beforeAll(async () => {
    shared = await openSharedPage();
  });
  afterAll(async () => {
    // oxlint-disable-next-line no-console -- the result of the check, for whoever reads the log
    console.log(
      summarize(
        sources.map(([file]) => file),
        killers,
      ),
    );
    await shared.close();
  });

  const findKiller = (of: Pick<Mutation, "file" | "family">, mutated: string, cases: readonly string[]) =>
    shared.page.evaluate((...request) => harness.findKiller(...request), ...killerRequest(of, mutated, cases));

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
}

/** A line for each shader: how many of its mutations were noticed, and how many by which case. */
function summarize(files: readonly string[], killers: ReadonlyMap<Mutation, string>): string {
  const lines = files.map((file) => {
    const ofFile = mutations.filter((mutation) => mutation.file === file);
    const byCase = new Map<string, number>();
    for (const mutation of ofFile) {
      const killer = killers.get(mutation);
      if (killer !== undefined) byCase.set(killer, (byCase.get(killer) ?? 0) + 1);
    }
    const numNoticed = [...byCase.values()].reduce((sum, count) => sum + count, 0);
    const cases = [...byCase].map(([id, count]) => `${count} by ${id}`);
    return `  ${file.padEnd(30)} ${numNoticed} of ${ofFile.length}: ${cases.join(", ")}`;
  });
  const numMutations = mutations.filter(({ file }) => files.includes(file)).length;
  return [`mutations noticed: ${killers.size} of ${numMutations}`, ...lines].join("\n");
}
