// out[m, n] = b[n] + sum over k of x[m, k] * W[n, k]
//
// W lies in panels of 32 rows, [N / 32, K, 32]: of each column, the 32 rows together; a last panel may have 16. An element
// of x, in all lanes of a vector, meets them; of two rows of x, half a panel at a time, and every weight read serves both.
// Memory is read from the beginning to the end. A lane is one output's sum, over the columns one by one: in the same order
// whatever the number of rows, so that a batch gives each row, bit for bit, what the row gives alone.

import { F16, INT8, Matrix } from "./matrix";
import { productInt8 } from "./productInt8";
import { multiplyAdd, splat } from "./simd";

/** Rows of x to keep in the first cache while all of W goes by. */
const BLOCK_ROWS: i32 = 32;

/** Columns in one sum: what rounding takes grows with a sum's length, so a long row's is one of several. */
const MAX_COLUMNS: i32 = 128;

/**
 * @param out [M, outStride], of which the first N of each row are written
 * @param x [M, xStride], of which the first K of each row are read
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
  const outBytes: usize = 4 * outStride;
  const xBytes: usize = 4 * xStride;
  for (let n = 0; n < matrix.numRows; n += 32) {
    const width: usize = min(32, matrix.numRows - n);
    const panel = matrix.weight + <usize>n * K * sizeof<S>();
    const bias = matrix.bias + 4 * n;
    let to = out + 4 * n;
    let from = x;
    for (let m = 1; m < numRows; m += 2) {
      twoRows<S>(to, outBytes, from, xBytes, panel, width, K, bias);
      if (width == 32) twoRows<S>(to + 64, outBytes, from, xBytes, panel + 16 * sizeof<S>(), width, K, bias + 64);
      to += 2 * outBytes;
      from += 2 * xBytes;
    }
    if ((numRows & 1) == 0) continue;
    if (width == 32) oneRow<S>(to, from, panel, K, bias);
    else oneRowNarrow<S>(to, from, panel, K, bias);
  }
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

/** Four sums and what came before them, at `from`. */
// @ts-ignore: decorator
@inline
function put(out: usize, from: usize, sum: v128): void {
  v128.store(out, f32x4.add(v128.load(from), sum));
}

/** One row of x, a panel of W. */
function oneRow<S>(out: usize, x: usize, p: usize, K: i32, bias: usize): void {
  const xEnd = x + 4 * K;
  let before = bias;
  while (x < xEnd) {
    const end = min(xEnd, x + 4 * MAX_COLUMNS);
    let p0 = splat(0);
    let p1 = p0;
    let p2 = p0;
    let p3 = p0;
    let p4 = p0;
    let p5 = p0;
    let p6 = p0;
    let p7 = p0;
    for (; x < end; x += 4) {
      const v = v128.load32_splat(x);
      p0 = multiplyAdd(weights<S>(p), v, p0);
      p1 = multiplyAdd(weights<S>(p + 4 * sizeof<S>()), v, p1);
      p2 = multiplyAdd(weights<S>(p + 8 * sizeof<S>()), v, p2);
      p3 = multiplyAdd(weights<S>(p + 12 * sizeof<S>()), v, p3);
      p4 = multiplyAdd(weights<S>(p + 16 * sizeof<S>()), v, p4);
      p5 = multiplyAdd(weights<S>(p + 20 * sizeof<S>()), v, p5);
      p6 = multiplyAdd(weights<S>(p + 24 * sizeof<S>()), v, p6);
      p7 = multiplyAdd(weights<S>(p + 28 * sizeof<S>()), v, p7);
      p += 32 * sizeof<S>();
    }
    put(out, before, p0);
    put(out + 16, before + 16, p1);
    put(out + 32, before + 32, p2);
    put(out + 48, before + 48, p3);
    put(out + 64, before + 64, p4);
    put(out + 80, before + 80, p5);
    put(out + 96, before + 96, p6);
    put(out + 112, before + 112, p7);
    before = out;
  }
}

/** One row of x, a panel of 16. */
function oneRowNarrow<S>(out: usize, x: usize, p: usize, K: i32, bias: usize): void {
  const xEnd = x + 4 * K;
  let before = bias;
  while (x < xEnd) {
    const end = min(xEnd, x + 4 * MAX_COLUMNS);
    let p0 = splat(0);
    let p1 = p0;
    let p2 = p0;
    let p3 = p0;
    for (; x < end; x += 4) {
      const v = v128.load32_splat(x);
      p0 = multiplyAdd(weights<S>(p), v, p0);
      p1 = multiplyAdd(weights<S>(p + 4 * sizeof<S>()), v, p1);
      p2 = multiplyAdd(weights<S>(p + 8 * sizeof<S>()), v, p2);
      p3 = multiplyAdd(weights<S>(p + 12 * sizeof<S>()), v, p3);
      p += 16 * sizeof<S>();
    }
    put(out, before, p0);
    put(out + 16, before + 16, p1);
    put(out + 32, before + 32, p2);
    put(out + 48, before + 48, p3);
    before = out;
  }
}

/** Two rows of x, sixteen rows of a panel of `width`. */
function twoRows<S>(
  out: usize,
  outBytes: usize,
  x: usize,
  xBytes: usize,
  p: usize,
  width: usize,
  K: i32,
  bias: usize,
): void {
  const xEnd = x + 4 * K;
  let before = bias;
  let beforeBelow = bias;
  while (x < xEnd) {
    const end = min(xEnd, x + 4 * MAX_COLUMNS);
    let a0 = splat(0);
    let a1 = a0;
    let a2 = a0;
    let a3 = a0;
    let b0 = a0;
    let b1 = a0;
    let b2 = a0;
    let b3 = a0;
    for (; x < end; x += 4) {
      const a = v128.load32_splat(x);
      const b = v128.load32_splat(x + xBytes);
      let w = weights<S>(p);
      a0 = multiplyAdd(w, a, a0);
      b0 = multiplyAdd(w, b, b0);
      w = weights<S>(p + 4 * sizeof<S>());
      a1 = multiplyAdd(w, a, a1);
      b1 = multiplyAdd(w, b, b1);
      w = weights<S>(p + 8 * sizeof<S>());
      a2 = multiplyAdd(w, a, a2);
      b2 = multiplyAdd(w, b, b2);
      w = weights<S>(p + 12 * sizeof<S>());
      a3 = multiplyAdd(w, a, a3);
      b3 = multiplyAdd(w, b, b3);
      p += width * sizeof<S>();
    }
    put(out, before, a0);
    put(out + 16, before + 16, a1);
    put(out + 32, before + 32, a2);
    put(out + 48, before + 48, a3);
    const below = out + outBytes;
    put(below, beforeBelow, b0);
    put(below + 16, beforeBelow + 16, b1);
    put(below + 32, beforeBelow + 32, b2);
    put(below + 48, beforeBelow + 48, b3);
    before = out;
    beforeBelow = below;
  }
}
