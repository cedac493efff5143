// out[m, n] = b[n] + sum over k of x[m, k] * W[n, k]
//
// W lies in panels of eight rows, [N / 8, K / 4, 8, 4]: four columns of the eight rows together. A vector of four elements
// of x meets all eight; of two rows of x, four at a time, and every weight read serves both. Memory is read from the
// beginning to the end. A sum runs in the four lanes of a vector, over every fourth k, and the lanes are added at the
// end: in the same order whatever the number of rows, so that a batch gives each row, bit for bit, what the row gives
// alone.

import { F16, INT8, Matrix } from "./matrix";
import { productInt8 } from "./productInt8";
import { multiplyAdd, splat, sums } from "./simd";

/** Rows of x to keep in the first cache while all of W goes by. */
const BLOCK_ROWS: i32 = 32;

/** Columns in one sum. The sums of long rows are added up with what rounding took from the ones before (Kahan). */
const MAX_COLUMNS: i32 = 128;

/**
 * @param out [M, outStride], of which the first N of each row are written
 * @param x [M, xStride], of which the first K of each row are read; what follows may be anything, but must be memory
 * @param scratch for int8, see there
 */
export function product(
  out: usize,
  outStride: i32,
  x: usize,
  xStride: i32,
  matrix: Matrix,
  numRows: i32,
  scratch: usize,
): void {
  for (let m = 0; m < numRows; m += BLOCK_ROWS) {
    const count = min(BLOCK_ROWS, numRows - m);
    const from = x + 4 * m * xStride;
    const to = out + 4 * m * outStride;
    if (matrix.storage == INT8) productInt8(to, outStride, from, xStride, matrix, count, scratch);
    else if (matrix.storage == F16) block<u16>(to, outStride, from, xStride, matrix, count);
    else block<f32>(to, outStride, from, xStride, matrix, count);
  }
}

/** Some rows of x. */
// @ts-ignore: decorator
@inline
function block<S>(out: usize, outStride: i32, x: usize, xStride: i32, matrix: Matrix, numRows: i32): void {
  const K = matrix.numColumns;
  const panelBytes: usize = 8 * ((K + 7) & ~7) * sizeof<S>();
  const outBytes: usize = 4 * outStride;
  const xBytes: usize = 4 * xStride;
  const mask = tailMask(K & 3);
  const pairsEnd = numRows & ~1;
  let panel = matrix.weight;
  for (let at: usize = 0; at < <usize>(4 * matrix.numRows); at += 32) {
    const bias = matrix.bias + at;
    for (let m = 0; m < pairsEnd; m += 2) {
      const to = out + m * outBytes + at;
      const from = x + m * xBytes;
      twoByFour<S>(to, outBytes, from, xBytes, panel, K, mask, bias);
      twoByFour<S>(to + 16, outBytes, from, xBytes, panel + 16 * sizeof<S>(), K, mask, bias + 16);
    }
    if (pairsEnd < numRows) oneByEight<S>(out + pairsEnd * outBytes + at, x + pairsEnd * xBytes, panel, K, mask, bias);
    panel += panelBytes;
  }
}

/** What rounding added to `sum`, of `total` and `part`; 0 where the sum is infinite. */
// @ts-ignore: decorator
@inline
function excessOf(sum: v128, total: v128, part: v128): v128 {
  const excess = f32x4.sub(f32x4.sub(sum, total), part);
  return v128.and(excess, f32x4.eq(excess, excess));
}

/** Ones in the first `count` lanes. */
function tailMask(count: i32): v128 {
  return i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(count));
}

/** Four weights as float32. */
// @ts-ignore: decorator
@inline
function weights<S>(at: usize): v128 {
  if (sizeof<S>() == 4) return v128.load(at);
  // A half's bits in their places leave the exponent 112 too small. Exact, subnormals too.
  const bits = i32x4.shl(v128.load16x4_s(at), 13);
  return f32x4.mul(v128.and(bits, i32x4.splat(0x8fffe000)), splat(reinterpret<f32>(0x77800000)));
}

/** How far ahead of the sums to touch what they will read next: from the second cache it comes just in time. */
const AHEAD_BYTES: usize = 512;

/** One row of x, a panel of W. */
function oneByEight<S>(out: usize, x: usize, panel: usize, K: i32, mask: v128, bias: usize): void {
  let total0 = v128.load(bias);
  let total1 = v128.load(bias, 16);
  let excess0 = splat(0);
  let excess1 = splat(0);
  for (let start = 0; start < K; start += MAX_COLUMNS) {
    const end = min(K, start + MAX_COLUMNS);
    let s0 = splat(0);
    let s1 = splat(0);
    let s2 = splat(0);
    let s3 = splat(0);
    let s4 = splat(0);
    let s5 = splat(0);
    let s6 = splat(0);
    let s7 = splat(0);
    for (let k = start; k < end; k += 4) {
      let v = v128.load(x + 4 * k);
      if (K - k < 4) v = v128.and(v, mask);
      load<u8>(panel, AHEAD_BYTES);
      if (sizeof<S>() == 4) load<u8>(panel, AHEAD_BYTES + 64);
      s0 = multiplyAdd(weights<S>(panel), v, s0);
      s1 = multiplyAdd(weights<S>(panel + 4 * sizeof<S>()), v, s1);
      s2 = multiplyAdd(weights<S>(panel + 8 * sizeof<S>()), v, s2);
      s3 = multiplyAdd(weights<S>(panel + 12 * sizeof<S>()), v, s3);
      s4 = multiplyAdd(weights<S>(panel + 16 * sizeof<S>()), v, s4);
      s5 = multiplyAdd(weights<S>(panel + 20 * sizeof<S>()), v, s5);
      s6 = multiplyAdd(weights<S>(panel + 24 * sizeof<S>()), v, s6);
      s7 = multiplyAdd(weights<S>(panel + 28 * sizeof<S>()), v, s7);
      panel += 32 * sizeof<S>();
    }
    const part0 = f32x4.sub(sums(s0, s1, s2, s3), excess0);
    const sum0 = f32x4.add(total0, part0);
    excess0 = excessOf(sum0, total0, part0);
    total0 = sum0;
    const part1 = f32x4.sub(sums(s4, s5, s6, s7), excess1);
    const sum1 = f32x4.add(total1, part1);
    excess1 = excessOf(sum1, total1, part1);
    total1 = sum1;
  }
  v128.store(out, total0);
  v128.store(out, total1, 16);
}

/** Two rows of x, half a panel of W. */
function twoByFour<S>(
  out: usize,
  outBytes: usize,
  x: usize,
  xBytes: usize,
  panel: usize,
  K: i32,
  mask: v128,
  bias: usize,
): void {
  let total0 = v128.load(bias);
  let total1 = total0;
  let excess0 = splat(0);
  let excess1 = splat(0);
  for (let start = 0; start < K; start += MAX_COLUMNS) {
    const end = min(K, start + MAX_COLUMNS);
    let a0 = splat(0);
    let a1 = splat(0);
    let a2 = splat(0);
    let a3 = splat(0);
    let b0 = splat(0);
    let b1 = splat(0);
    let b2 = splat(0);
    let b3 = splat(0);
    for (let k = start; k < end; k += 4) {
      let a = v128.load(x + 4 * k);
      let b = v128.load(x + xBytes + 4 * k);
      if (K - k < 4) {
        a = v128.and(a, mask);
        b = v128.and(b, mask);
      }
      load<u8>(panel, AHEAD_BYTES);
      let w = weights<S>(panel);
      a0 = multiplyAdd(w, a, a0);
      b0 = multiplyAdd(w, b, b0);
      w = weights<S>(panel + 4 * sizeof<S>());
      a1 = multiplyAdd(w, a, a1);
      b1 = multiplyAdd(w, b, b1);
      w = weights<S>(panel + 8 * sizeof<S>());
      a2 = multiplyAdd(w, a, a2);
      b2 = multiplyAdd(w, b, b2);
      w = weights<S>(panel + 12 * sizeof<S>());
      a3 = multiplyAdd(w, a, a3);
      b3 = multiplyAdd(w, b, b3);
      panel += 32 * sizeof<S>();
    }
    const part0 = f32x4.sub(sums(a0, a1, a2, a3), excess0);
    const sum0 = f32x4.add(total0, part0);
    excess0 = excessOf(sum0, total0, part0);
    total0 = sum0;
    const part1 = f32x4.sub(sums(b0, b1, b2, b3), excess1);
    const sum1 = f32x4.add(total1, part1);
    excess1 = excessOf(sum1, total1, part1);
    total1 = sum1;
  }
  v128.store(out, total0);
  v128.store(out + outBytes, total1);
}
