// Properties of random networks on the CPU. Its arithmetic does not depend on what else is computed, so they hold bit
// for bit. test/browser/properties.test.ts has them on WebGPU.

import * as fc from "fast-check";
import { describe, it } from "vitest";
import { propertyCase } from "../arbitrary.js";
import { expectIsClose } from "../close.js";
import { checkProperty, propertyNames } from "../properties.js";

describe("the CPU", () => {
  for (const name of propertyNames) {
    it(`${name}, bit for bit`, async () => {
      const holds = fc.asyncProperty(propertyCase, async (each) => {
        expectIsClose(await checkProperty(name, each, "cpu", 0));
      });
      await fc.assert(holds, { seed: 1, numRuns: 200 });
    });
  }
});
