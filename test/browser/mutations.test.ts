// A mutation of each entry point's shader: some twin case must differ from the reference then. test/long/mutations has all.

import { afterAll, beforeAll, expect, it } from "vitest";
import { mutations } from "../long/mutations/index.js";
import { mutate } from "../long/mutations/mutation.js";
import { killerRequest, shaderSources, titleOf } from "../long/mutations/run.js";
import { openSharedPage } from "./support/openPage.js";

let shared: Awaited<ReturnType<typeof openSharedPage>>;
beforeAll(async () => {
  shared = await openSharedPage();
});
afterAll(() => shared.close());

const files = [...shaderSources.keys()].filter((file) => !file.startsWith("lib/"));

for (const file of files) {
  const mutation = mutations.find((each) => each.file === file)!;
  it(`a twin case notices ${titleOf(mutation)}`, async () => {
    const mutated = mutate(shaderSources.get(file)!, mutation);
    const killer = await shared.page.evaluate(
      (...request) => harness.findKiller(...request),
      ...killerRequest(mutation, mutated, mutation.cases),
    );
    expect(killer).not.toBeNull();
  });
}
