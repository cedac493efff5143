// On WebGPU and on the CPU of a page: test/browser/heldState.test.ts.

import { execFileSync } from "node:child_process";
import * as webgru from "webgru";
import { beforeAll, describe, expect, it } from "vitest";
import { cpuForms, useCpuForm } from "../cases/cpuForms.js";
import { heldStates, holdState } from "../cases/heldState.js";
import { buildLibrary, projectRoot } from "../harness/library.js";

/** Node 20 has relaxed SIMD behind a flag, which later ones no longer know. */
const RELAXED = process.version < "v21" ? ["--experimental-wasm-relaxed-simd"] : [];

describe.each(cpuForms)("the CPU in %s", (form) => {
  beforeAll(() => useCpuForm(form));

  for (const held of heldStates) {
    const { name, numSteps } = held;
    it(`holds a state for ${numSteps} steps and forgets it in one: ${name}`, async () => {
      const { deviceName, results, expected } = await holdState(held, "cpu", numSteps, webgru);
      expect(deviceName).toBe(`CPU, ${form}`);
      expect(results).toEqual(expected);
    });
  }
});

/** The states that the built library gives with a usual layer, whose gate is shut, then open. */
const PROGRAM = `
  const { createModel, defineNetwork } = await import(process.argv[1]);
  const gates = (...sums) => Float32Array.from({ length: 9 }, (_, i) => sums[Math.floor(i / 3)]);
  const layer = { type: "gru", name: "gru", inputSize: 1, hiddenSize: 3, recurrentWeight: new Float32Array(27) };
  const network = defineNetwork({ layers: [{ ...layer, weight: gates(1, 40, 0), bias: gates(0, 0, 100) }] });
  const model = await createModel(network, { device: "cpu" });
  const options = { initialState: [1, -1, 0.25], returnSequences: false };
  const held = await model.run(new Float32Array(1e6).fill(1), options);
  const forgotten = await model.run([-3], { ...options, initialState: held.finalState });
  console.log(JSON.stringify([model.deviceName, [...held.finalState], [...forgotten.finalState]]));`;

// Relaxed SIMD leaves to the processor how often it rounds a * b + c.
describe.each([
  { times: "once", flags: [] },
  { times: "twice", flags: ["--no-enable-fma3"] },
])("relaxed SIMD that rounds a product and a sum $times", ({ flags }) => {
  beforeAll(buildLibrary);

  it("holds a state for 1000000 steps and forgets it in one", () => {
    const library = new URL("dist/webgru.js", `file://${projectRoot}`).href;
    const args = [...RELAXED, ...flags, "--input-type=module", "--eval", PROGRAM, library];
    expect(JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" }))).toEqual([
      "CPU, WebAssembly SIMD, relaxed",
      [1, -1, 0.25],
      [1, 1, 1],
    ]);
  });
});
