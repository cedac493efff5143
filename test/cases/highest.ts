// The numbers that `output: { topK }` must read back, by way of the twin of its kernel.

import type { TopK } from "../../src/model/outputRequest.js";
import { topK } from "../harness/reference/topK.js";

export interface HighestRequest {
  readonly outputSize: number;
  readonly topK: number;
  readonly batchSize: number;
  readonly lengths?: readonly number[] | undefined;
}

/** The highest numbers of each row of an output. @param output [T, B, O] or [B, O] @returns [T, B, K] or [B, K] */
export function highestOf(output: ArrayLike<number>, request: HighestRequest) {
  const { outputSize, topK: k, batchSize, lengths } = request;
  const numRows = output.length / outputSize;
  const indices = new Uint32Array(numRows * k);
  const values = new Float64Array(numRows * k);
  for (let row = 0; row < numRows; row++) {
    const length = lengths?.[row % batchSize] ?? Infinity;
    if (Math.floor(row / batchSize) >= length) continue;
    const scores = Float64Array.from({ length: outputSize }, (_, i) => output[row * outputSize + i]!);
    topK(scores, k).forEach((index, rank) => {
      indices[row * k + rank] = index;
      values[row * k + rank] = scores[index]!;
    });
  }
  return { indices, values };
}

/** Whether what was read back is what the whole output says, number by number. */
export function isHighestOf(highest: TopK, output: ArrayLike<number>, request: HighestRequest): boolean {
  const expected = highestOf(output, request);
  return isSame(highest.indices, expected.indices) && isSame(highest.values, expected.values);
}

function isSame(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  return a.length === b.length && Array.from(a).every((value, i) => value === b[i]);
}
