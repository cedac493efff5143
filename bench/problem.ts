import type { Network } from "webgru";
import { runReference } from "../src/reference/runReference.js";
import { randomInput, randomStack } from "../test/random.js";
import type { Shape } from "./row.js";

/** A network with its input, and the outputs that any contender must give. */
export interface Problem {
  readonly network: Network;
  readonly inputSize: number;
  readonly outputSize: number;
  /** [T, 1, I] */
  readonly input: Float32Array;
  /** [T, 1, O], of the float64 reference */
  readonly expected: Float64Array;
}

/** The same problem for the same shape, in every run. */
export function makeProblem({ sequenceLength, inputSize, hiddenSize }: Shape): Problem {
  const network = randomStack({ seed: hiddenSize, inputSize, hiddenSizes: [hiddenSize], resetAfter: true });
  const input = randomInput(network, sequenceLength, hiddenSize + 1);
  const { output: expected } = runReference(network, { input, batchSize: 1 });
  return { network, inputSize, outputSize: hiddenSize, input, expected };
}
