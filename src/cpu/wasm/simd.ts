// Short names for vectors of four float32.

// @ts-ignore: decorator
@inline
export function splat(value: f32): v128 {
  return f32x4.splat(value);
}

/** a * b + c. The build with relaxed SIMD may round it once, the other rounds twice. */
// @ts-ignore: decorator
@inline
export function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** The smaller; a NaN in `a` stays. */
// @ts-ignore: decorator
@inline
export function least(a: v128, b: v128): v128 {
  return f32x4.pmin(a, b);
}

/** The larger; a NaN in `a` stays. */
// @ts-ignore: decorator
@inline
export function greatest(a: v128, b: v128): v128 {
  return f32x4.pmax(a, b);
}

/**
 * Adds the products of 16 weights, i8, and 16 digits, 0 to 127, to the four `sums`: four neighbours to each. The same on
 * every engine: relaxed SIMD's instruction gives an engine no choice where digits have seven bits.
 */
// @ts-ignore: decorator
@inline
export function digitSums(weights: v128, digits: v128, sums: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return i32x4.relaxed_dot_i8x16_i7x16_add_s(weights, digits, sums);
  const low = i32x4.extadd_pairwise_i16x8_s(i16x8.extmul_low_i8x16_s(weights, digits));
  const high = i32x4.extadd_pairwise_i16x8_s(i16x8.extmul_high_i8x16_s(weights, digits));
  const pairs = i32x4.add(v128.shuffle<i32>(low, high, 0, 2, 4, 6), v128.shuffle<i32>(low, high, 1, 3, 5, 7));
  return i32x4.add(sums, pairs);
}
