// Keras's kernels are [I, O], with gates z r h; ours are [O, I], rzn. They are converted in place: with copies, a file's weights
// would be in memory twice.

import type { Tensor } from "./tensor.js";

/** Kernels that are converted: a reader that goes through a model twice must not convert them again. */
const converted = new WeakSet<Float32Array>();

/**
 * Converts a kernel in place.
 *
 * @param tensor [I, O]; its shape is wrong afterwards
 * @param numGates 3 for blocks z r h of O, which become r z n; other blocks stay in their order
 * @returns the tensor's own values, [O, I]
 */
export function convertKernel({ shape, values }: Tensor, numGates: 1 | 3 | 4): Float32Array {
  if (converted.has(values)) return values;
  converted.add(values);
  const [rows, columns] = shape as [number, number];
  transpose(values, rows, columns);
  if (numGates === 3) swapGates(values, 1);
  return values;
}

/** Transposes in place. Each element moves to its new index, and the element from there to its own, until the cycle closes. */
function transpose(values: Float32Array, rows: number, columns: number): void {
  const isMoved = new Uint8Array(values.length);
  for (let start = 0; start < values.length; start++) {
    let carried = values[start]!;
    for (let at = start; isMoved[at] === 0;) {
      isMoved[at] = 1;
      at = (at % columns) * rows + Math.floor(at / columns);
      const replaced = values[at]!;
      values[at] = carried;
      carried = replaced;
    }
  }
}

/** Swaps the first two of each direction's three blocks in place: z r n becomes r z n. @param values [D, 3H, ...] */
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
