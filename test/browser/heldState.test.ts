// In Node, in every form of the CPU path: test/unit/heldState.test.ts.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { takesAll } from "../harness/firstOfKind.js";
import { heldStates } from "../cases/heldState.js";
import { openSharedPage } from "./support/openPage.js";

/** A software adapter takes a tenth of the steps, but in test/long, where they take half a minute. */
const devices = [
  { device: "cpu", deviceName: /^CPU, WebAssembly SIMD, relaxed$/, part: 1 },
  { device: "webgpu", deviceName: /./, part: takesAll ? 1 : 0.1 },
] as const;

describe.each(devices)("a page's $device", ({ device, deviceName, part }) => {
  let shared: Awaited<ReturnType<typeof openSharedPage>>;

  beforeAll(async () => {
    shared = await openSharedPage();
  });
  afterAll(() => shared.close());

  for (const [i, held] of heldStates.entries()) {
    const { name } = held;
    const numSteps = held.numSteps * part;
    it(`holds a state for ${numSteps} steps and forgets it in one: ${name}`, async () => {
      const told = await shared.page.evaluate(
        (...[index, on, steps]) => harness.holdState(index, on, steps),
        ...([i, device, numSteps] as const),
      );
      expect(told.deviceName).toMatch(deviceName);
      expect(told.results).toEqual(told.expected);
    });
  }
});
