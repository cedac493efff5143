import type { Network } from "webgru";
import { defineNetwork } from "../src/model/defineNetwork.js";
import { withStorage } from "../src/model/quantize.js";
import { runReference } from "../test/harness/reference/runReference.js";
import { type CellType, randomInput, randomRecurrent, uniform } from "../test/cases/random.js";
import { nameShape, type Shape } from "./row.js";

/** A network with its input, and the outputs that any contender must give. */
export interface Problem {
  readonly network: Network;
  readonly inputSize: number;
  readonly outputSize: number;
  /** [T, B, I] */
  readonly input: Float32Array;
  /** [T, B, O], of the float64 reference */
  readonly expected: Float64Array;
}

/** The last problem made and its T: a shorter one of the same sizes is its beginning, and the reference is slow. */
let last: { readonly problem: Problem; readonly sizes: string; readonly sequenceLength: number } | null = null;

/** The same problem for the same shape and type of layer, in every run. */
export function makeProblem(shape: Shape, type: CellType = "gru"): Problem {
  const { sequenceLength, batchSize, hiddenSize, inputSize, storage } = shape;
  const sizes = `${type} ${nameShape({ ...shape, sequenceLength: 0 })}`;
  if (last === null || last.sizes !== sizes || last.sequenceLength < sequenceLength) {
    const layer = randomRecurrent(type, type, ["input"], { inputSize, hiddenSize }, uniform(hiddenSize));
    const network = withStorage(defineNetwork({ layers: [layer] }), storage);
    const input = randomInput(network, sequenceLength * batchSize, hiddenSize + 1);
    const { output: expected } = runReference(network, { input, batchSize });
    const problem = { network, inputSize, outputSize: hiddenSize, input, expected };
    last = { problem, sizes, sequenceLength };
  }
  const numRows = sequenceLength * batchSize;
  const { problem } = last;
  return {
    ...problem,
    input: problem.input.slice(0, numRows * inputSize),
    expected: problem.expected.subarray(0, numRows * hiddenSize),
  };
}
