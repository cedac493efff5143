// Properties of random networks on the CPU. Its arithmetic does not depend on what else is computed, so they hold bit
// for bit. test/browser/properties.test.ts has them on WebGPU.

import * as fc from "fast-check";
import { beforeAll, describe, it } from "vitest";
import { propertyCase } from "../cases/arbitrary.js";
import { expectIsClose } from "../harness/close.js";
import { cpuForms, useCpuForm } from "../cases/cpuForms.js";
import { checkProperty, propertyNames } from "../cases/properties.js";

describe.each(cpuForms)("the CPU in %s", (form) => {
  beforeAll(() => useCpuForm(form));

  for (const name of propertyNames) {
    it(`${name}, bit for bit`, async () => {
      const holds = fc.asyncProperty(propertyCase, async (each) => {
        expectIsClose(await checkProperty(name, each, "cpu", 0));
      });
      await fc.assert(holds, { seed: 1, numRuns: 200 });
    });
  }
});
