// The product of int8 weights, in whole numbers.
//
// A row of x becomes a row of 24-bit numbers in units of its largest, split in halves of 12 bits, x = unit * (4096 high +
// low); as exact as float32 is beside that largest one. Both halves meet the weights as 16-bit numbers, eight products
// and four sums in one instruction, and no sum of up to 4096 products overflows. A row with a NaN or an infinity gives
// NaN.

import { Matrix } from "./matrix";
import { greatest, integerSums, splat } from "./simd";

/** Columns whose sums cannot overflow: 127 * 2^11 * 4096 < 2^31. */
const BLOCK: i32 = 4096;

/** Places of `scratch`: of each row a float32, its unit, in 16 bytes; then the two halves, [K rounded up to 8] i16 each. */
const UNIT_BYTES: usize = 16;

/** @param scratch 32 rows of 16 + 4 * (K rounded up to a multiple of 8) bytes */
export function productInt8(
  out: usize,
  outStride: i32,
  x: usize,
  xStride: i32,
  matrix: Matrix,
  numRows: i32,
  scratch: usize,
): void {
  const K = matrix.numColumns;
  const columns = (K + 7) & ~7;
  const quantizedBytes: usize = UNIT_BYTES + 4 * columns;
  for (let m = 0; m < numRows; m++) quantize(scratch + m * quantizedBytes, x + 4 * m * xStride, K);
  for (let n = 0; n < matrix.numRows; n += 4) {
    for (let m = 0; m < numRows; m++) {
      oneByFour(
        out + 4 * (m * outStride + n),
        scratch + m * quantizedBytes,
        matrix.weight + n * columns,
        columns,
        v128.load(matrix.scale + 4 * n),
        v128.load(matrix.bias + 4 * n),
      );
    }
  }
}

/** One row of x, one panel of W. */
function oneByFour(out: usize, quantized: usize, p: usize, columns: usize, scale: v128, bias: v128): void {
  const unit = f32x4.mul(v128.load32_splat(quantized), scale);
  let high = quantized + UNIT_BYTES;
  const lowBytes = 2 * columns;
  let total = bias;
  for (let start: usize = 0; start < columns; start += BLOCK) {
    const end = high + 2 * min(columns - start, BLOCK);
    let h0 = i32x4.splat(0);
    let h1 = h0;
    let h2 = h0;
    let h3 = h0;
    let l0 = h0;
    let l1 = h0;
    let l2 = h0;
    let l3 = h0;
    for (; high < end; high += 16) {
      const a = v128.load(high);
      const b = v128.load(high + lowBytes);
      let w = v128.load8x8_s(p);
      h0 = i32x4.add(h0, i32x4.dot_i16x8_s(w, a));
      l0 = i32x4.add(l0, i32x4.dot_i16x8_s(w, b));
      w = v128.load8x8_s(p, 8);
      h1 = i32x4.add(h1, i32x4.dot_i16x8_s(w, a));
      l1 = i32x4.add(l1, i32x4.dot_i16x8_s(w, b));
      w = v128.load8x8_s(p, 16);
      h2 = i32x4.add(h2, i32x4.dot_i16x8_s(w, a));
      l2 = i32x4.add(l2, i32x4.dot_i16x8_s(w, b));
      w = v128.load8x8_s(p, 24);
      h3 = i32x4.add(h3, i32x4.dot_i16x8_s(w, a));
      l3 = i32x4.add(l3, i32x4.dot_i16x8_s(w, b));
      p += 32;
    }
    const highs = f32x4.convert_i32x4_s(integerSums(h0, h1, h2, h3));
    const lows = f32x4.convert_i32x4_s(integerSums(l0, l1, l2, l3));
    total = f32x4.add(total, f32x4.mul(unit, f32x4.add(f32x4.mul(highs, splat(4096)), lows)));
  }
  v128.store(out, total);
}

/** Splits a row; what follows K is zero. */
function quantize(quantized: usize, x: usize, K: i32): void {
  let most = splat(0);
  let isFinite = i32x4.splat(-1);
  for (let k = 0; k < K; k += 4) {
    const magnitude = f32x4.abs(elements(x, k, K));
    most = greatest(most, magnitude);
    isFinite = v128.and(isFinite, f32x4.le(magnitude, splat(f32.MAX_VALUE)));
  }
  const largest = max(
    max(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1)),
    max(f32x4.extract_lane(most, 2), f32x4.extract_lane(most, 3)),
  );
  // A power of two, so that dividing by it is exact: |x| / unit < 2^23.
  const exponent = max<i32>(1, <i32>(reinterpret<u32>(largest) >> 23) - 22);
  store<f32>(quantized, i32x4.all_true(isFinite) ? reinterpret<f32>(exponent << 23) : f32.NaN);
  const inverse = splat(reinterpret<f32>((254 - exponent) << 23));
  const columns: usize = (K + 7) & ~7;
  const high = quantized + UNIT_BYTES;
  const low = high + 2 * columns;
  for (let k = 0; k < K; k += 8) {
    const a = i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(elements(x, k, K), inverse)));
    const b = i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(elements(x, k + 4, K), inverse)));
    const upperA = i32x4.shr_s(i32x4.add(a, i32x4.splat(2048)), 12);
    const upperB = i32x4.shr_s(i32x4.add(b, i32x4.splat(2048)), 12);
    v128.store(high + 2 * k, i16x8.narrow_i32x4_s(upperA, upperB));
    const lowerA = i32x4.sub(a, i32x4.shl(upperA, 12));
    const lowerB = i32x4.sub(b, i32x4.shl(upperB, 12));
    v128.store(low + 2 * k, i16x8.narrow_i32x4_s(lowerA, lowerB));
  }
}

/** Elements k to k + 3 of a row; zero from K on. */
// @ts-ignore: decorator
@inline
function elements(x: usize, k: i32, K: i32): v128 {
  const v = v128.load(x + 4 * k);
  return K - k < 4 ? v128.and(v, i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(K - k))) : v;
}
