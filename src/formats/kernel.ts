// Keras's kernels are [I, O], an input's weights beside each other, their gates z r h; ours are [O, I], rzn. They are turned
// where they are: with a copy of each, a file's weights would be in memory twice.

import type { Tensor } from "./tensor.js";

/** What has been turned: a reader that goes through a model twice must not turn it back. */
const turned = new WeakSet<Float32Array>();

/**
 * Turns a kernel where it is.
 *
 * @param tensor [I, O], which nobody reads as such any more
 * @param numGates 3 for blocks z r h of O, which become r z n
 * @returns its own values, [O, I]
 */
export function turnKernel({ shape, values }: Tensor, numGates: 1 | 3): Float32Array {
  if (turned.has(values)) return values;
  turned.add(values);
  const [rows, columns] = shape as [number, number];
  transpose(values, rows, columns);
  if (numGates === 3) swapGates(values, 1);
  return values;
}

/** Follows each element to its place, and what was there to its own, until a circle closes. */
function transpose(values: Float32Array, rows: number, columns: number): void {
  const isMoved = new Uint8Array(values.length);
  for (let start = 0; start < values.length; start++) {
    let carried = values[start]!;
    for (let at = start; isMoved[at] === 0;) {
      isMoved[at] = 1;
      at = (at % columns) * rows + Math.floor(at / columns);
      const there = values[at]!;
      values[at] = carried;
      carried = there;
    }
  }
}

/** Swaps the first two of the three blocks of each direction, where they are: z r n becomes r z n. @param values [D, 3H, ...] */
export function swapGates(values: Float32Array, numDirections: number): void {
  const block = values.length / numDirections / 3;
  for (let start = 0; start < values.length; start += 3 * block) {
    for (let i = start; i < start + block; i++) {
      const z = values[i]!;
      values[i] = values[i + block]!;
      values[i + block] = z;
    }
  }
}
