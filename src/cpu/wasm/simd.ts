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
