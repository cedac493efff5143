// out[m, n] = b[n] + sum over k of x[m, k] * W[n, k], of a W that is zero but for some blocks of 8 rows by 4 columns.
//
// Only those blocks are there, [block, 4, 8]: the blocks of the first eight rows, then those of the next. Even and odd columns
// have sums of their own until the end, so that fewer additions wait for the one before; with four sums V8 runs out of registers
// and takes a quarter longer. A row in a batch gives the same bits as alone. A zero is skipped, whatever x is: also beside a NaN.

import { Matrix } from "./matrix";
import { multiplyAdd, splat } from "./simd";

/** As `product` has it, for as many rows of x as stay in the L1 cache. */
export function productOfBlocks(out: usize, outStride: i32, x: usize, xStride: i32, matrix: Matrix, numRows: i32): void {
  let weight = matrix.weight;
  let column = matrix.columns;
  for (let n = 0; n < matrix.numRows; n += 8) {
    const numBlocks: usize = load<i32>(matrix.counts + (n >> 1));
    const end = column + 4 * numBlocks;
    let from = x;
    let to = out + 4 * n;
    for (let m = 0; m < numRows; m++) {
      eightRows(to, from, weight, column, end, matrix.bias + 4 * n);
      from += 4 * xStride;
      to += 4 * outStride;
    }
    weight += 128 * numBlocks;
    column = end;
  }
}

/** Eight rows of W, one of x. @param column of the first block; `end` is past the last one */
function eightRows(out: usize, x: usize, weight: usize, column: usize, end: usize, bias: usize): void {
  let a0 = v128.load(bias);
  let b0 = v128.load(bias, 16);
  let a1 = splat(0);
  let b1 = a1;
  for (; column < end; column += 4) {
    const at = x + load<i32>(column);
    const four = v128.load(at);
    let v = v128.shuffle<f32>(four, four, 0, 0, 0, 0);
    a0 = multiplyAdd(v128.load(weight), v, a0);
    b0 = multiplyAdd(v128.load(weight, 16), v, b0);
    v = v128.shuffle<f32>(four, four, 1, 1, 1, 1);
    a1 = multiplyAdd(v128.load(weight, 32), v, a1);
    b1 = multiplyAdd(v128.load(weight, 48), v, b1);
    v = v128.shuffle<f32>(four, four, 2, 2, 2, 2);
    a0 = multiplyAdd(v128.load(weight, 64), v, a0);
    b0 = multiplyAdd(v128.load(weight, 80), v, b0);
    v = v128.shuffle<f32>(four, four, 3, 3, 3, 3);
    a1 = multiplyAdd(v128.load(weight, 96), v, a1);
    b1 = multiplyAdd(v128.load(weight, 112), v, b1);
    weight += 128;
  }
  v128.store(out, f32x4.add(a0, a1));
  v128.store(out, f32x4.add(b0, b1), 16);
}
