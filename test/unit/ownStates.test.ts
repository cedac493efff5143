// On WebGPU: test/browser/ownStates.test.ts.

import * as webgru from "webgru";
import { writeSafetensors } from "webgru/safetensors";
import { beforeAll, describe, expect, it } from "vitest";
import { cpuForms, useCpuForm } from "../cases/cpuForms.js";
import { beginFromOwnStates, bothWaysWithOwnStates, textWithOwnStates } from "../cases/ownStates.js";
import { randomArray, randomGru, uniform } from "../cases/random.js";

describe.each(cpuForms)("a layer with a state of its own, on the CPU in %s", (form) => {
  beforeAll(() => useCpuForm(form));

  it("begins with it: runs, streams, after a reset, texts", async () => {
    const comparisons = await beginFromOwnStates("cpu", webgru);
    expect(Object.entries(comparisons).filter(([, { isClose }]) => !isClose)).toEqual([]);
  });
});

describe("a layer with a state of its own", () => {
  it.each([textWithOwnStates, bothWaysWithOwnStates])("is the same again from a file: %o", async (make) => {
    const network = make();
    const bytes = writeSafetensors(network);
    const read = await webgru.parseModel(bytes);
    expect(read.layers).toEqual(network.layers);
    expect(writeSafetensors(read)).toEqual(bytes);
  });

  it("is refused where it has another size, or is not finite", () => {
    const layer = randomGru("gru", ["input"], { inputSize: 2, hiddenSize: 3, direction: "bidirectional" }, uniform(1));
    const define = (initialState: Float32Array) => webgru.defineNetwork({ layers: [{ ...layer, initialState }] });
    expect(() => define(randomArray(3, uniform(2)))).toThrow(
      "gru.initialState: expected shape [2, 3], 6 elements, got 3",
    );
    expect(() => define(new Float32Array(6).fill(NaN))).toThrow(
      "gru.initialState: expected finite weights, got NaN at element 0",
    );
  });
});
