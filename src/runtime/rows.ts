// Rows of features are packed on the CPU and padded to whole vec4f on the GPU.

import { paddedSize } from "../kernels/kernelSpec.js";

/** Copies `numRows` rows of `size` numbers, from element `start` of `source`, each padded with zeros. */
export function padRows(
  source: ArrayLike<number>,
  start: number,
  size: number,
  numRows: number,
): Float32Array<ArrayBuffer> {
  const stride = paddedSize(size);
  const padded = new Float32Array(numRows * stride);
  for (let row = 0; row < numRows; row++) {
    for (let i = 0; i < size; i++) padded[row * stride + i] = source[start + row * size + i]!;
  }
  return padded;
}

/** Copies padded rows of `size` numbers to `target`, from its element `start` on, without the padding. */
export function unpadRows(padded: Float32Array, size: number, target: Float32Array, start: number): void {
  const stride = paddedSize(size);
  if (stride === size) return target.set(padded, start);
  const numRows = padded.length / stride;
  for (let row = 0; row < numRows; row++) {
    target.set(padded.subarray(row * stride, row * stride + size), start + row * size);
  }
}
