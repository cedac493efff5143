// out[m, n] = b[n] + sum over k of x[m, k] * W[n, k]
//
// W lies in panels of 32 rows, [N / 32, K, 32]: the 32 weights of a column together; a last panel may have 16 rows. An
// element of x, in all lanes of a vector, is multiplied by the weights of its column. Two rows of x go through half a panel
// together, and both use each weight that is read. Memory is read from the beginning to the end. A lane is the sum of one
// output, column after column, in the same order for any number of rows: a row in a batch gives the same bits as alone.

import { productOfBlocks } from "./blocks";
import { BLOCKS, F16, Matrix } from "./matrix";
import { multiplyAdd, splat } from "./simd";

/** Rows of x that stay in the L1 cache while all of W is read. */
const BLOCK_ROWS: i32 = 32;

/**
 * Columns in one sum. The rounding error grows with a sum's length, so a long row has several sums, and a very long one
 * shorter sums.
 */
// @ts-ignore: decorator
@inline
function columnsOfSum(K: i32): i32 {
  return K > 1024 ? 128 : 256;
}

/** The first values of a later sum of a row, and the sums themselves before they are added: 32 of one row of x, or 16 of each of two. */
const ZEROS = memory.data(128);
const PART = memory.data(128);

/**
 * @param out [M, outStride], of which the first N of each row are written
 * @param x [M, xStride], of which the first K of each row are read
 */
export function product(
  out: usize,
  outStride: i32,
  x: usize,
  xStride: i32,
  matrix: Matrix,
  numRows: i32,
): void {
  for (let m = 0; m < numRows; m += BLOCK_ROWS) {
    const count = min(BLOCK_ROWS, numRows - m);
    const from = x + 4 * m * xStride;
    const to = out + 4 * m * outStride;
    if (matrix.layout == BLOCKS) productOfBlocks(to, outStride, from, xStride, matrix, count);
    else if (matrix.layout == F16) block<u16>(to, outStride, from, xStride, matrix, count);
    else block<f32>(to, outStride, from, xStride, matrix, count);
  }
}

/** Up to BLOCK_ROWS rows of x. */
// @ts-ignore: decorator
@inline
function block<S>(out: usize, outStride: i32, x: usize, xStride: i32, matrix: Matrix, numRows: i32): void {
  const K = matrix.numColumns;
  const outBytes: usize = 4 * outStride;
  const xBytes: usize = 4 * xStride;
  for (let n = 0; n < matrix.numRows; n += 32) {
    const width = min(32, matrix.numRows - n);
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
    if (numRows & 1) oneRow<S>(to, from, panel, width, K, bias);
  }
}

/** One row of x, one panel of W. */
function oneRow<S>(out: usize, x: usize, panel: usize, width: i32, K: i32, bias: usize): void {
  const columns = columnsOfSum(K);
  for (let k = 0; k < K; k += columns) {
    const to = k == 0 ? out : PART;
    const from = k == 0 ? bias : ZEROS;
    const at = panel + <usize>(k * width) * sizeof<S>();
    const end = x + 4 * min(K, k + columns);
    if (width == 16) sumNarrow<S>(to, x + 4 * k, end, at, from);
    else {
      sumWide<S>(to, x + 4 * k, end, at, from);
      if (K - k < columns && (K & 1) != 0) addColumn<S>(to, end - 4, at + <usize>(32 * (K - k - 1)) * sizeof<S>());
    }
    if (k > 0) add(out, PART, width);
  }
}

/** Two rows of x, sixteen rows of a panel of `width` rows. */
function twoRows<S>(
  out: usize,
  outBytes: usize,
  x: usize,
  xBytes: usize,
  panel: usize,
  width: i32,
  K: i32,
  bias: usize,
): void {
  const columns = columnsOfSum(K);
  for (let k = 0; k < K; k += columns) {
    const to = k == 0 ? out : PART;
    const from = k == 0 ? bias : ZEROS;
    const at = panel + <usize>(k * width) * sizeof<S>();
    const end = x + 4 * min(K, k + columns);
    sumTwo<S>(to, k == 0 ? outBytes : 64, x + 4 * k, end, xBytes, at, width, from);
    if (k == 0) continue;
    add(out, PART, 16);
    add(out + outBytes, PART + 64, 16);
  }
}

function add(out: usize, part: usize, count: i32): void {
  for (const end = out + 4 * count; out < end; out += 16) {
    v128.store(out, f32x4.add(v128.load(out), v128.load(part)));
    part += 16;
  }
}

/** Four weights as float32. */
// @ts-ignore: decorator
@inline
function weights<S>(at: usize): v128 {
  if (sizeof<S>() == 4) return v128.load(at);
  // Shifted to float32's positions, a half's bits have an exponent 112 too small. Exact, subnormals too.
  const bits = i32x4.shl(v128.load16x4_s(at), 13);
  return f32x4.mul(v128.and(bits, i32x4.splat(0x8fffe000)), splat(reinterpret<f32>(0x77800000)));
}

/**
 * Pairs of columns of one row of x and a panel, with four pointers. V8 makes fast code of this in Node 20 too, where one
 * column at a time takes twice as long.
 */
function sumWide<S>(out: usize, x: usize, end: usize, p: usize, from: usize): void {
  const stepBytes: usize = 64 * sizeof<S>();
  let q = p + 8 * sizeof<S>();
  let r = p + 16 * sizeof<S>();
  let s = p + 24 * sizeof<S>();
  let s0 = v128.load(from);
  let s1 = v128.load(from, 16);
  let s2 = v128.load(from, 32);
  let s3 = v128.load(from, 48);
  let s4 = v128.load(from, 64);
  let s5 = v128.load(from, 80);
  let s6 = v128.load(from, 96);
  let s7 = v128.load(from, 112);
  for (; x + 4 < end; x += 8) {
    let v = v128.load32_splat(x);
    s0 = multiplyAdd(weights<S>(p), v, s0);
    s1 = multiplyAdd(weights<S>(p + 4 * sizeof<S>()), v, s1);
    s2 = multiplyAdd(weights<S>(q), v, s2);
    s3 = multiplyAdd(weights<S>(q + 4 * sizeof<S>()), v, s3);
    s4 = multiplyAdd(weights<S>(r), v, s4);
    s5 = multiplyAdd(weights<S>(r + 4 * sizeof<S>()), v, s5);
    s6 = multiplyAdd(weights<S>(s), v, s6);
    s7 = multiplyAdd(weights<S>(s + 4 * sizeof<S>()), v, s7);
    v = v128.load32_splat(x, 4);
    s0 = multiplyAdd(weights<S>(p + 32 * sizeof<S>()), v, s0);
    s1 = multiplyAdd(weights<S>(p + 36 * sizeof<S>()), v, s1);
    s2 = multiplyAdd(weights<S>(q + 32 * sizeof<S>()), v, s2);
    s3 = multiplyAdd(weights<S>(q + 36 * sizeof<S>()), v, s3);
    s4 = multiplyAdd(weights<S>(r + 32 * sizeof<S>()), v, s4);
    s5 = multiplyAdd(weights<S>(r + 36 * sizeof<S>()), v, s5);
    s6 = multiplyAdd(weights<S>(s + 32 * sizeof<S>()), v, s6);
    s7 = multiplyAdd(weights<S>(s + 36 * sizeof<S>()), v, s7);
    p += stepBytes;
    q += stepBytes;
    r += stepBytes;
    s += stepBytes;
  }
  v128.store(out, s0);
  v128.store(out, s1, 16);
  v128.store(out, s2, 32);
  v128.store(out, s3, 48);
  v128.store(out, s4, 64);
  v128.store(out, s5, 80);
  v128.store(out, s6, 96);
  v128.store(out, s7, 112);
}

/** The last of an odd number of columns. By itself: in `sumWide`, a second use of the sums would slow the loop down. */
function addColumn<S>(out: usize, x: usize, p: usize): void {
  const v = v128.load32_splat(x);
  for (const end = out + 128; out < end; out += 16) {
    v128.store(out, multiplyAdd(weights<S>(p), v, v128.load(out)));
    p += 4 * sizeof<S>();
  }
}

/** Columns of one row of x and a panel of sixteen rows. */
function sumNarrow<S>(out: usize, x: usize, end: usize, p: usize, from: usize): void {
  let s0 = v128.load(from);
  let s1 = v128.load(from, 16);
  let s2 = v128.load(from, 32);
  let s3 = v128.load(from, 48);
  for (; x < end; x += 4) {
    const v = v128.load32_splat(x);
    s0 = multiplyAdd(weights<S>(p), v, s0);
    s1 = multiplyAdd(weights<S>(p + 4 * sizeof<S>()), v, s1);
    s2 = multiplyAdd(weights<S>(p + 8 * sizeof<S>()), v, s2);
    s3 = multiplyAdd(weights<S>(p + 12 * sizeof<S>()), v, s3);
    p += 16 * sizeof<S>();
  }
  v128.store(out, s0);
  v128.store(out, s1, 16);
  v128.store(out, s2, 32);
  v128.store(out, s3, 48);
}

/** Columns of two rows of x, and sixteen rows of a panel of `width` rows. */
function sumTwo<S>(
  out: usize,
  outBytes: usize,
  x: usize,
  end: usize,
  xBytes: usize,
  p: usize,
  width: usize,
  from: usize,
): void {
  let a0 = v128.load(from);
  let a1 = v128.load(from, 16);
  let a2 = v128.load(from, 32);
  let a3 = v128.load(from, 48);
  let b0 = a0;
  let b1 = a1;
  let b2 = a2;
  let b3 = a3;
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
  v128.store(out, a0);
  v128.store(out, a1, 16);
  v128.store(out, a2, 32);
  v128.store(out, a3, 48);
  out += outBytes;
  v128.store(out, b0);
  v128.store(out, b1, 16);
  v128.store(out, b2, 32);
  v128.store(out, b3, 48);
}
