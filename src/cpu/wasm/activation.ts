// Activations of four elements at once. Their numbers are the order of ELEMENT_FUNCTIONS in layers/activation.ts.

import { greatest, least, multiplyAdd, splat } from "./simd";

/** A function and its parameters. `ACTIVATION` in cpu/activation.ts lists the same fields. */
@unmanaged
export class Activation {
  kind: i32;
  alpha: f32;
  beta: f32;
}

export const SIGMOID: i32 = 2;
export const TANH: i32 = 3;

export function activate(activation: Activation, x: v128): v128 {
  const zero = splat(0);
  const alpha = splat(activation.alpha);
  const beta = splat(activation.beta);
  switch (activation.kind) {
    case 1: // relu
      return where(f32x4.lt(x, zero), zero, x);
    case SIGMOID:
      return sigmoid(x);
    case TANH:
      return tanh(x);
    case 4: // affine
      return multiplyAdd(alpha, x, beta);
    case 5: // leakyRelu
      return where(f32x4.lt(x, zero), f32x4.mul(alpha, x), x);
    case 6: // thresholdedRelu
      return where(f32x4.le(x, alpha), zero, x);
    case 7: // scaledTanh
      return f32x4.mul(alpha, tanh(f32x4.mul(beta, x)));
    case 8: // hardSigmoid
      return least(greatest(multiplyAdd(alpha, x, beta), zero), splat(1));
    case 9: // elu
      return where(f32x4.lt(x, zero), f32x4.mul(alpha, expm1(x)), x);
    case 10: // softsign
      return f32x4.div(x, f32x4.add(splat(1), f32x4.abs(x)));
    case 11: // softplus
      return f32x4.add(greatest(x, zero), log1p(exp(f32x4.neg(f32x4.abs(x)))));
    case 12: // square
      return f32x4.mul(x, x);
    default: // linear
      return x;
  }
}

// @ts-ignore: decorator
@inline
export function where(mask: v128, a: v128, b: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? i32x4.relaxed_laneselect(a, b, mask) : v128.bitselect(a, b, mask);
}

/** 1 / (1 + exp(-x)), from exp(-|x|), which cannot overflow. */
// @ts-ignore: decorator
@inline
export function sigmoid(x: v128): v128 {
  const e = exp(f32x4.neg(f32x4.abs(x)));
  return f32x4.div(where(f32x4.lt(x, splat(0)), e, splat(1)), f32x4.add(splat(1), e));
}

/**
 * The sigmoid as (1 + tanh(x / 2)) / 2, for a gate: a third less work. Its absolute error is about 1e-7, where `sigmoid`
 * keeps the relative error small down to the smallest numbers. Exactly 0 or 1 from |x| = 16.64 on, where 1 - z is
 * 2^-24: a saturated gate keeps or drops a state exactly, and no rounding adds up over the steps.
 */
// @ts-ignore: decorator
@inline
export function gateSigmoid(x: v128): v128 {
  const half = splat(0.5);
  return multiplyAdd(half, tanh(f32x4.mul(half, x)), half);
}

/**
 * exp(x) for x up to 0, within a relative 1.2e-7; 0 below -87.7. It is 2^n exp(r), r = x - n ln 2, with the polynomial of
 * Cephes (public domain).
 */
// @ts-ignore: decorator
@inline
export function exp(x: v128): v128 {
  x = greatest(x, splat(-88)); // n = -127, whose bits are those of 0
  // 1.5 * 2^23: added to it, a number is rounded to a whole one, n, in the last bits.
  const large = splat(12582912);
  const shifted = multiplyAdd(x, splat(1.44269504088896341), large);
  const n = f32x4.sub(shifted, large);
  // ln 2 is in two parts, so that n times the first part is exact.
  let r = multiplyAdd(n, splat(-0.693359375), x);
  r = multiplyAdd(n, splat(2.12194440e-4), r);
  let p = multiplyAdd(splat(1.9875691500e-4), r, splat(1.3981999507e-3));
  p = multiplyAdd(p, r, splat(8.3334519073e-3));
  p = multiplyAdd(p, r, splat(4.1665795894e-2));
  p = multiplyAdd(p, r, splat(1.6666665459e-1));
  p = multiplyAdd(p, r, splat(5.0000001201e-1));
  p = f32x4.add(multiplyAdd(p, f32x4.mul(r, r), r), splat(1));
  const power = i32x4.add(i32x4.shl(shifted, 23), i32x4.splat(127 << 23));
  return f32x4.mul(p, power);
}

/**
 * x p(s) / q(s), s = x^2, a ratio of polynomials (Eigen's, MPL 2.0; coefficients are facts). s is limited, beyond that the
 * ratio grows with x past 1, and it is limited too: exactly 1 from 8.32 on, however the processor rounds `multiplyAdd`.
 */
// @ts-ignore: decorator
@inline
export function tanh(x: v128): v128 {
  const s = least(f32x4.mul(x, x), splat(69.2));
  let p = multiplyAdd(splat(-2.76076847742355e-16), s, splat(2.00018790482477e-13));
  p = multiplyAdd(p, s, splat(-8.60467152213735e-11));
  p = multiplyAdd(p, s, splat(5.12229709037114e-8));
  p = multiplyAdd(p, s, splat(1.48572235717979e-5));
  p = multiplyAdd(p, s, splat(6.37261928875436e-4));
  p = multiplyAdd(p, s, splat(4.89352455891786e-3));
  let q = multiplyAdd(splat(1.19825839466702e-6), s, splat(1.18534705686654e-4));
  q = multiplyAdd(q, s, splat(2.2684346324390e-3));
  q = multiplyAdd(q, s, splat(4.89352518554385e-3));
  const ratio = f32x4.div(f32x4.mul(x, p), q);
  return greatest(least(ratio, splat(1)), splat(-1));
}

/** exp(x) - 1 for x below 0, exact near 0: 2 t / (1 - t), t = tanh(x / 2). */
function expm1(x: v128): v128 {
  const t = tanh(f32x4.mul(x, splat(0.5)));
  return f32x4.div(f32x4.add(t, t), f32x4.sub(splat(1), t));
}

/** log(1 + x) for x from 0 to 1: the series of 2 artanh(s), s = x / (2 + x), at most 1/3. */
function log1p(x: v128): v128 {
  const s = f32x4.div(x, f32x4.add(splat(2), x));
  const square = f32x4.mul(s, s);
  let p = multiplyAdd(splat(<f32>(1.0 / 15)), square, splat(<f32>(1.0 / 13)));
  p = multiplyAdd(p, square, splat(<f32>(1.0 / 11)));
  p = multiplyAdd(p, square, splat(<f32>(1.0 / 9)));
  p = multiplyAdd(p, square, splat(<f32>(1.0 / 7)));
  p = multiplyAdd(p, square, splat(<f32>(1.0 / 5)));
  p = multiplyAdd(p, square, splat(<f32>(1.0 / 3)));
  p = multiplyAdd(p, square, splat(1));
  return f32x4.mul(f32x4.add(s, s), p);
}
