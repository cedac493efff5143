// The product of int8 weights, in whole numbers.
//
// A row of x becomes a row of whole numbers u, x = unit * (u - 2^27), and each u four digits of seven bits. The error is
// that of float32 next to the row's largest element. The digits of four elements are multiplied by four weights of a row
// in one instruction, where the processor has it. No sum of up to 2^17 products overflows. A row with a NaN or an infinity
// gives NaN.
//
// W lies in panels of sixteen rows, [N / 16, K / 4, 16, 4].

import { Matrix } from "./matrix";
import { digitSums, greatest, multiplyAdd, splat } from "./simd";

/** u of zero, in the middle of 28 bits, and the distance from it of the row's largest element. */
const ZERO: i32 = 1 << 27;
const MAX_DISTANCE: f32 = <f32>(1 << 26);

/**
 * A row of `scratch` begins with its unit, a float32, in 16 bytes; then come 16 bytes for each four columns, the lowest digits
 * of the four first.
 */
const UNIT_BYTES: usize = 16;

/** Columns of a row of digits: K rounded up to 4. */
// @ts-ignore: decorator
@inline
function digitColumns(K: i32): usize {
  return (K + 3) & ~3;
}

/** Bytes of `scratch`. */
export function int8ScratchBytes(K: i32, numRows: i32): i32 {
  return numRows * <i32>(UNIT_BYTES + 4 * digitColumns(K));
}

/** @param scratch of `int8ScratchBytes` */
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
  const columns = digitColumns(K);
  const digitsBytes: usize = UNIT_BYTES + 4 * columns;
  for (let m = 0; m < numRows; m++) toDigits(scratch + m * digitsBytes, x + 4 * m * xStride, K);
  let panel = matrix.weight;
  for (let at: usize = 0; at < <usize>(4 * matrix.numRows); at += 64) {
    for (let m = 0; m < numRows; m++) {
      const to = out + 4 * m * outStride + at;
      const digits = scratch + m * digitsBytes;
      for (let half: usize = 0; half < 64; half += 32) {
        oneByEight(
          to + half,
          digits,
          panel + half,
          columns,
          matrix.start + at + half,
          matrix.scale + at + half,
          matrix.bias + at + half,
        );
      }
    }
    panel += 16 * columns;
  }
}

/** One row of x, eight rows of a panel. */
function oneByEight(out: usize, digits: usize, p: usize, columns: usize, start: usize, scale: usize, bias: usize): void {
  const unit = v128.load32_splat(digits);
  let a0 = i32x4.splat(0);
  let a1 = a0;
  let a2 = a0;
  let a3 = v128.load(start);
  let b0 = a0;
  let b1 = a0;
  let b2 = a0;
  let b3 = v128.load(start, 16);
  digits += UNIT_BYTES;
  for (const end = digits + 4 * columns; digits < end; digits += 16) {
    const w = v128.load(p);
    const v = v128.load(p, 16);
    let digit = v128.load32_splat(digits);
    a0 = digitSums(w, digit, a0);
    b0 = digitSums(v, digit, b0);
    digit = v128.load32_splat(digits, 4);
    a1 = digitSums(w, digit, a1);
    b1 = digitSums(v, digit, b1);
    digit = v128.load32_splat(digits, 8);
    a2 = digitSums(w, digit, a2);
    b2 = digitSums(v, digit, b2);
    digit = v128.load32_splat(digits, 12);
    a3 = digitSums(w, digit, a3);
    b3 = digitSums(v, digit, b3);
    p += 64;
  }
  v128.store(out, total(a0, a1, a2, a3, f32x4.mul(unit, v128.load(scale)), v128.load(bias)));
  v128.store(out, total(b0, b1, b2, b3, f32x4.mul(unit, v128.load(scale, 16)), v128.load(bias, 16)), 16);
}

/** b + unit * (s0 + 2^7 s1 + 2^14 s2 + 2^21 s3) */
// @ts-ignore: decorator
@inline
function total(s0: v128, s1: v128, s2: v128, s3: v128, unit: v128, bias: v128): v128 {
  let sum = multiplyAdd(f32x4.convert_i32x4_s(s1), splat(128), f32x4.convert_i32x4_s(s0));
  sum = multiplyAdd(f32x4.convert_i32x4_s(s2), splat(16384), sum);
  sum = multiplyAdd(f32x4.convert_i32x4_s(s3), splat(2097152), sum);
  return multiplyAdd(unit, sum, bias);
}

/** Splits a row into digits. Those past K stand for 0. */
function toDigits(digits: usize, x: usize, K: i32): void {
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
  // Not below the smallest normal number, so that its inverse is finite.
  const unit = max(largest / MAX_DISTANCE, <f32>1.1754944e-38);
  store<f32>(digits, i32x4.all_true(isFinite) ? unit : f32.NaN);
  const inverse = splat(1 / unit);
  digits += UNIT_BYTES;
  const bits = i32x4.splat(127);
  for (let k = 0; k < K; k += 4) {
    const distance = i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(elements(x, k, K), inverse)));
    const u = i32x4.add(distance, i32x4.splat(ZERO));
    const low = i16x8.narrow_i32x4_u(v128.and(u, bits), v128.and(i32x4.shr_u(u, 7), bits));
    const high = i16x8.narrow_i32x4_u(v128.and(i32x4.shr_u(u, 14), bits), i32x4.shr_u(u, 21));
    v128.store(digits, i8x16.narrow_i16x8_u(low, high));
    digits += 16;
  }
}

/** Elements k to k + 3 of a row; zero from K on. */
// @ts-ignore: decorator
@inline
function elements(x: usize, k: i32, K: i32): v128 {
  const v = v128.load(x + 4 * k);
  return K - k < 4 ? v128.and(v, i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(K - k))) : v;
}
