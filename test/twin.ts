import { createModel } from "../src/loadModel.js";
import { stateLength } from "../src/model/network.js";
import { runReference } from "../src/reference/runReference.js";
import { compare, type Comparison } from "./compare.js";
import { randomArray, randomInput, uniform } from "./random.js";
import type { TwinCase } from "./twinCases.js";

/** The goal for float32, whose GRUs give values in [-1, 1]; larger values may be as far off as their size. */
const TOLERANCE = { atol: 2e-6, rtol: 2e-6 };

/** Runs a case on a device and in float64, from a random state and input; compares every output and the final state. */
export async function runTwin(twin: TwinCase, device: "webgpu" | "cpu"): Promise<Record<string, Comparison>> {
  const { batchSize, sequenceLength, lengths, returnSequences = true } = twin;
  const network = twin.network();
  const input = randomInput(network, batchSize * sequenceLength, 500);
  const initialState = randomArray(stateLength(network, batchSize), uniform(501));
  const expected = runReference(network, { input, batchSize, lengths, returnSequences, initialState });
  const model = await createModel(network, { device });
  const options = { batchSize, returnSequences, initialState, ...(lengths === undefined ? {} : { lengths }) };
  const actual = await model.run(input, options);
  model.dispose();
  const comparisons = { finalState: compare(actual.finalState, expected.finalState, TOLERANCE) };
  for (const name of network.outputs) {
    Object.assign(comparisons, { [name]: compare(actual.outputs[name]!, expected.outputs[name]!, TOLERANCE) });
  }
  return comparisons;
}
