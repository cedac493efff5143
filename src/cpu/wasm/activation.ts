// Activations of four elements at once. Their numbers are the order of ELEMENT_FUNCTIONS in layers/activation.ts.

import { greatest, least, multiplyAdd, splat } from "./simd";

/** A function and its parameters. `ACTIVATION` in cpu/activation.ts lists the same fields. */
@unmanaged
export class Activation {
  kind: i32;
  alpha: f32;
  beta: f32;
}

export const LINEAR: i32 = 0;
export const RELU: i32 = 1;
export const SIGMOID: i32 = 2;
export const TANH: i32 = 3;

export function activate(activation: Activation, x: v128): v128 {
  const zero = splat(0);
  const alpha = splat(activation.alpha);
  const beta = splat(activation.beta);
  switch (activation.kind) {
    case RELU:
      return relu(x);
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
    case 13: // abs
      return f32x4.abs(x);
    case 14: // sqrt
      return f32x4.sqrt(x);
    case 15: // exp
      return expOfAny(x);
    case 16: // log
      return log(x);
    case 17: // reciprocal
      return f32x4.div(splat(1), x);
    case 18: // erf
      return erf(x);
    case 19: // gelu
      return half(x, erf(f32x4.mul(splat(0.70710678118654752), x)));
    case 20: { // geluTanh
      const cube = f32x4.mul(f32x4.mul(x, x), x);
      return half(x, tanh(f32x4.mul(splat(0.79788456080286536), multiplyAdd(splat(0.044715), cube, x))));
    }
    case 21: // silu
      return f32x4.mul(x, sigmoid(f32x4.mul(alpha, x)));
    case 22: // mish
      return mish(x);
    case 23: // hardSwish
      return f32x4.mul(x, least(greatest(multiplyAdd(alpha, x, beta), zero), splat(1)));
    case 24: // selu
      return f32x4.mul(beta, where(f32x4.lt(x, zero), f32x4.mul(alpha, expm1(x)), x));
    case 25: // clip
      return least(greatest(x, alpha), beta);
    case 26: // sign
      return where(f32x4.gt(x, zero), splat(1), where(f32x4.lt(x, zero), splat(-1), x));
    case 27: // floor
      return f32x4.floor(x);
    default: // linear
      return x;
  }
}

// @ts-ignore: decorator
@inline
export function relu(x: v128): v128 {
  return where(f32x4.lt(x, splat(0)), splat(0), x);
}

// @ts-ignore: decorator
@inline
export function where(mask: v128, a: v128, b: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? i32x4.relaxed_laneselect(a, b, mask) : v128.bitselect(a, b, mask);
}

/**
 * 1 / (1 + exp(-x)), within two steps of float32 everywhere: a gate near 1 is a factor of every step, so the errors of its last
 * bits add up in a state. Exactly 0 and 1 far out, where 2^n is infinite and 0.
 */
// @ts-ignore: decorator
@inline
export function sigmoid(x: v128): v128 {
  x = greatest(least(x, splat(88)), splat(-89)); // n is -127 and 128
  const shifted = multiplyAdd(x, splat(-1.44269504088896341), splat(LARGE));
  const rest = restOf(x, f32x4.sub(shifted, splat(LARGE)));
  return f32x4.div(splat(1), multiplyAdd(expOfNegative(rest), powerBits(shifted), splat(1)));
}

/**
 * exp(x) for x up to 89, within a relative 1.2e-7; 0 below -87.7, infinite from 88.4 on. It is 2^n exp(-r), r = n ln 2 - x.
 */
// @ts-ignore: decorator
@inline
export function exp(x: v128): v128 {
  x = greatest(x, splat(-88)); // n = -127, whose bits are those of 0
  const shifted = multiplyAdd(x, splat(1.44269504088896341), splat(LARGE));
  const rest = restOf(f32x4.neg(x), f32x4.sub(shifted, splat(LARGE)));
  return f32x4.mul(expOfNegative(rest), powerBits(shifted));
}

/** 1.5 * 2^23: added to it, a number is rounded to a whole one, n, in the last bits. */
const LARGE: f32 = 12582912;

/** 2^n for n from -127, then 0, to 128, then infinity. @param shifted n + LARGE */
// @ts-ignore: decorator
@inline
function powerBits(shifted: v128): v128 {
  return i32x4.add(i32x4.shl(shifted, 23), i32x4.splat(127 << 23));
}

/** x + n ln 2, with ln 2 in two parts, so that n times the first part is exact. */
// @ts-ignore: decorator
@inline
function restOf(x: v128, n: v128): v128 {
  return multiplyAdd(n, splat(-2.12194440e-4), multiplyAdd(n, splat(0.693359375), x));
}

/** exp(-r) for |r| up to ln(2) / 2: the polynomial with the smallest relative error, 4.4e-9, of those that begin 1 - r. */
// @ts-ignore: decorator
@inline
function expOfNegative(r: v128): v128 {
  let p = multiplyAdd(splat(-1.3814467e-3), r, splat(8.3687808e-3));
  p = multiplyAdd(p, r, splat(-4.1668393e-2));
  p = multiplyAdd(p, r, splat(1.6666520e-1));
  p = multiplyAdd(p, r, splat(-4.9999994e-1));
  return f32x4.sub(splat(1), multiplyAdd(p, f32x4.mul(r, r), r));
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

/** exp(x) of any x, as `exp` has it; 2^n in two factors, since float32 holds it neither past 127 nor below -126. */
function expOfAny(x: v128): v128 {
  x = least(greatest(x, splat(-104)), splat(89)); // 0 and infinity
  const shifted = multiplyAdd(x, splat(1.44269504088896341), splat(LARGE));
  const p = expOfNegative(restOf(f32x4.neg(x), f32x4.sub(shifted, splat(LARGE))));
  const n = i32x4.sub(shifted, splat(LARGE));
  const first = i32x4.shr_s(n, 1);
  return f32x4.mul(f32x4.mul(p, powerOfTwo(first)), powerOfTwo(i32x4.sub(n, first)));
}

/** 2^n for whole numbers from -126 to 127. */
// @ts-ignore: decorator
@inline
function powerOfTwo(n: v128): v128 {
  return i32x4.shl(i32x4.add(n, i32x4.splat(127)), 23);
}

/**
 * log(x), within a relative 1.2e-7: x = 2^n (1 + f), with 1 + f between sqrt(1/2) and sqrt(2), and the polynomial of Cephes
 * (public domain). -Infinity of 0, NaN of a negative number.
 */
function log(x: v128): v128 {
  const isSmall = f32x4.lt(x, splat(1.1754944e-38));
  const normal = where(isSmall, f32x4.mul(x, splat(8388608)), x);
  const bits = i32x4.sub(normal, i32x4.splat(0x3f3504f3)); // of sqrt(1/2)
  const exponent = i32x4.shr_s(bits, 23);
  const f = f32x4.sub(i32x4.sub(normal, i32x4.shl(exponent, 23)), splat(1));
  const n = f32x4.sub(f32x4.convert_i32x4_s(exponent), v128.and(isSmall, splat(23)));
  const s = f32x4.mul(f, f);
  let p = multiplyAdd(splat(7.0376836292e-2), f, splat(-1.1514610310e-1));
  p = multiplyAdd(p, f, splat(1.1676998740e-1));
  p = multiplyAdd(p, f, splat(-1.2420140846e-1));
  p = multiplyAdd(p, f, splat(1.4249322787e-1));
  p = multiplyAdd(p, f, splat(-1.6668057665e-1));
  p = multiplyAdd(p, f, splat(2.0000714765e-1));
  p = multiplyAdd(p, f, splat(-2.4999993993e-1));
  p = multiplyAdd(p, f, splat(3.3333331174e-1));
  let y = f32x4.mul(f32x4.mul(p, f), s);
  y = multiplyAdd(n, splat(-2.12194440e-4), y); // ln 2 in two parts, as in `exp`
  y = multiplyAdd(splat(-0.5), s, y);
  y = multiplyAdd(n, splat(0.693359375), f32x4.add(f, y));
  y = where(f32x4.eq(x, splat(f32.POSITIVE_INFINITY)), x, y);
  y = where(f32x4.eq(x, splat(0)), splat(f32.NEGATIVE_INFINITY), y);
  // NaN of NaN and of what is below 0
  return where(f32x4.ge(x, splat(0)), y, splat(f32.NaN));
}

/** 1 - exp(polynomial of |x|) far from 0, a polynomial near it (N. Juffa's; coefficients are facts). Within 1e-7. */
function erf(x: v128): v128 {
  const t = least(f32x4.abs(x), splat(4)); // erf(4) is 1 - 1.5e-8
  const s = f32x4.mul(t, t);
  let high = multiplyAdd(splat(-1.72853470e-5), t, splat(3.83197126e-4));
  high = multiplyAdd(high, s, multiplyAdd(splat(-3.88396438e-3), t, splat(2.42546219e-2)));
  high = multiplyAdd(high, t, splat(-1.06777877e-1));
  high = multiplyAdd(high, t, splat(-6.34846687e-1));
  high = multiplyAdd(high, t, splat(-1.28717512e-1));
  high = f32x4.sub(splat(1), exp(f32x4.sub(f32x4.mul(high, t), t)));
  let low = multiplyAdd(splat(-5.96761703e-4), s, splat(4.99119423e-3));
  low = multiplyAdd(low, s, splat(-2.67681349e-2));
  low = multiplyAdd(low, s, splat(1.12819925e-1));
  low = multiplyAdd(low, s, splat(-3.76125336e-1));
  low = multiplyAdd(low, s, splat(1.28379166e-1));
  low = multiplyAdd(low, t, t);
  const magnitude = where(f32x4.gt(t, splat(0.927734375)), high, low);
  return v128.or(magnitude, v128.and(x, splat(-0.0)));
}

/** x (1 + y) / 2 */
// @ts-ignore: decorator
@inline
function half(x: v128, y: v128): v128 {
  return f32x4.mul(f32x4.mul(splat(0.5), x), f32x4.add(splat(1), y));
}

/** x tanh(log(1 + exp(x))), by exp(-|x|): x (2 e + 1) / (2 e + 1 + 2 e^2), below 0 x (e^2 + 2 e) / (e^2 + 2 e + 2). */
function mish(x: v128): v128 {
  const e = exp(f32x4.neg(f32x4.abs(x)));
  const twice = f32x4.add(e, e);
  const square = f32x4.mul(e, e);
  const isNegative = f32x4.lt(x, splat(0));
  const top = f32x4.add(twice, where(isNegative, square, splat(1)));
  const rest = where(isNegative, splat(2), f32x4.add(square, square));
  return f32x4.mul(x, f32x4.div(top, f32x4.add(top, rest)));
}
