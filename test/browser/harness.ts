// Runs in the test page. What it puts on `harness`, tests call inside `page.evaluate`.

import * as webgru from "webgru";
import { runReference } from "../../src/reference/runReference.js";
import { compare, type Comparison } from "../compare.js";
import { randomArray, randomInput, uniform } from "../random.js";
import * as random from "../random.js";

/** What to run beside the reference. */
export interface TwinCase {
  readonly network: webgru.Network;
  readonly batchSize: number;
  readonly sequenceLength: number;
  readonly seed: number;
}

const harness = {
  webgru,
  random,
  runReference,
  compare,

  /** A device of the page's adapter. */
  async requestDevice(): Promise<GPUDevice> {
    const adapter = await navigator.gpu.requestAdapter();
    return adapter!.requestDevice();
  },

  /** Runs a network on WebGPU and in float64, from a random state and input; compares outputs and final states. */
  async twin({
    network,
    batchSize,
    sequenceLength,
    seed,
  }: TwinCase): Promise<{ output: Comparison; finalState: Comparison }> {
    const input = randomInput(network, batchSize * sequenceLength, seed);
    const stateLength = runReference(network, { input: input.slice(0, batchSize * network.inputSize), batchSize })
      .finalState.length;
    const initialState = randomArray(stateLength, uniform(seed + 1));
    const expected = runReference(network, { input, batchSize, initialState });
    const model = await webgru.createModel(network, { device: "webgpu" });
    const actual = await model.run(input, { batchSize, initialState });
    model.dispose();
    // The goal for float32: values of a GRU lie in [-1, 1].
    const tolerance = { atol: 2e-6, rtol: 0 };
    return {
      output: compare(actual.output, expected.output, tolerance),
      finalState: compare(actual.finalState, expected.finalState, tolerance),
    };
  },
};

declare global {
  // `var` is how TypeScript declares a property of globalThis.
  var harness: Harness;
}

/** The functions that the test page offers. */
export type Harness = typeof harness;

globalThis.harness = harness;
