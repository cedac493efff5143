// Random networks of all layer types on WebGPU, beside the float64 reference. Few: each compiles its kernels.

import { afterAll, beforeAll, it } from "vitest";
import { seedsFrom } from "../cases/anyNetwork.js";
import { expectAllClose } from "../harness/close.js";
import { openSharedPage } from "./support/openPage.js";

let shared: Awaited<ReturnType<typeof openSharedPage>>;
beforeAll(async () => {
  shared = await openSharedPage();
});
afterAll(() => shared.close());

it("gives what the reference gives for random networks of all layer types", async () => {
  for (const seed of seedsFrom(1, 20)) {
    expectAllClose(await shared.page.evaluate((one) => harness.runAnyTwin(one), seed), `seed ${seed}`);
  }
});
