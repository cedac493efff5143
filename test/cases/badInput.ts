// Inputs that a stream must refuse, with its state as it was. For a batch of one.

import type { GruErrorCode } from "../../src/errors.js";
import { describeValue } from "../../src/model/valueKind.js";

export interface BadInput {
  /** Its fault. */
  readonly title: string;
  readonly input: unknown;
  readonly code: GruErrorCode;
  readonly message: string;
}

const NOT_FINITE = 'load with nonFinite: "allow" to let it through';

/** For a network of two features. */
export const badFeatures: readonly BadInput[] = [
  ...[0, 1, 3].map((length): BadInput => ({
    title: `${length} elements for steps of two`,
    input: Array.from({ length }, () => 0.5),
    code: "shape-mismatch",
    message: `input: expected a positive multiple of 2 elements (inputSize 2), got ${length}`,
  })),
  ...[5, null, undefined, "12"].map((input): BadInput => ({
    title: `${JSON.stringify(input)}, which is no array`,
    input,
    code: "shape-mismatch",
    message: `input: expected an array of numbers, got ${describeValue(input)}`,
  })),
  {
    title: "an object that is no array",
    input: {},
    code: "shape-mismatch",
    message: "input: expected an array of numbers, got an object",
  },
  ...[NaN, Infinity, -Infinity, 1e300].map((value): BadInput => ({
    title: `${value} at element 3${value === 1e300 ? ", which float32 does not hold" : ""}`,
    input: [0.5, 0.25, 0.125, value],
    code: "bad-input",
    message: `input: expected finite float32 numbers, got ${value} at element 3; ${NOT_FINITE}`,
  })),
];

/** For a network that begins with an embedding "embedding" of nine rows. */
export const badIndices: readonly BadInput[] = [
  {
    title: "no indices",
    input: [],
    code: "shape-mismatch",
    message: "input: expected a positive multiple of 1 indices (inputSize 1), got 0",
  },
  ...[9, -1, 1.5, NaN, Infinity, 2 ** 32].map((value): BadInput => ({
    title: `the index ${value}`,
    input: [0, 8, value],
    code: "bad-input",
    message: `input: expected an index in [0, 9) for embedding "embedding", got ${value} at element 2`,
  })),
];
