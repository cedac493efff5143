// On the CPU of Node: test/unit/state.test.ts.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSharedPage } from "./support/openPage.js";

let shared: Awaited<ReturnType<typeof openSharedPage>>;
beforeAll(async () => {
  shared = await openSharedPage();
});
afterAll(() => shared.close());

describe.each(["page", "worker"] as const)("the state of an encoder, on a %s", (where) => {
  it.each(["webgpu", "cpu"] as const)("starts a decoder, on %s", async (device) => {
    const comparisons = await shared.page.evaluate(
      (...[place, on]) => harness.decodeFromEncoder(place, on),
      ...([where, device] as const),
    );
    expect(Object.entries(comparisons).filter(([, { isClose }]) => !isClose)).toEqual([]);
  });
});
