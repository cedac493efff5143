// The other activations of one element, after those of lib/activations.wgsl. Needs that file and keep_nan.wgsl.

fn other_activation(function_index: u32, alpha: f32, beta: f32, x: f32) -> f32 {
  switch function_index {
    case 13: { // abs
      return abs(x);
    }
    case 14: { // sqrt
      return sqrt(x);
    }
    case 15: { // exp
      return exp_of_any(x);
    }
    case 16: { // log; NaN by a root, since the logarithm of some drivers knows no sign
      return select(sqrt(x), log(x), x >= 0.0);
    }
    case 17: { // reciprocal
      return 1.0 / x;
    }
    case 18: { // erf
      return erf(x);
    }
    case 19: { // gelu
      return 0.5 * x * (1.0 + erf(0.70710678 * x));
    }
    case 20: { // geluTanh
      return 0.5 * x * (1.0 + safe_tanh(0.79788456 * (x + 0.044715 * x * x * x)));
    }
    case 21: { // silu
      return x * sigmoid(alpha * x);
    }
    case 22: { // mish
      return x * tanh_softplus(x);
    }
    case 23: { // hardSwish
      return x * hard_sigmoid(alpha, beta, x);
    }
    case 24: { // selu
      return beta * elu(alpha, x);
    }
    case 25: { // clip
      return least(select(x, alpha, x < alpha), beta);
    }
    case 26: { // sign
      return select(select(x, -1.0, x < 0.0), 1.0, x > 0.0);
    }
    case 27: { // floor
      return floor(x);
    }
    default: { // linear
      return x;
    }
  }
}

// exp, whose own error grows with |x|, of the rest r = x - n ln 2, times 2^n. ln 2 is in two parts, so that n times the first
// part is exact.
fn exp_of_any(x: f32) -> f32 {
  let y = limit(x, -104.0, 89.0); // 0 and infinity
  let n = round(1.44269504 * y);
  let r = fma(n, 2.12194440e-4, fma(n, -0.693359375, y));
  return select(ldexp(exp(r), i32(n)), x, is_nan(x));
}

// 1 - exp(polynomial of |x|) far from 0, a polynomial near it (N. Juffa's; coefficients are facts). erf(4) is 1 - 1.5e-8.
fn erf(x: f32) -> f32 {
  let t = limit(abs(x), 0.0, 4.0);
  let s = t * t;
  var high = (-1.72853470e-5 * t + 3.83197126e-4) * s + (-3.88396438e-3 * t + 2.42546219e-2);
  high = ((high * t - 1.06777877e-1) * t - 6.34846687e-1) * t - 1.28717512e-1;
  var low = ((-5.96761703e-4 * s + 4.99119423e-3) * s - 2.67681349e-2) * s + 1.12819925e-1;
  low = ((low * s - 3.76125336e-1) * s + 1.28379166e-1) * t + t;
  let magnitude = select(low, 1.0 - safe_exp(high * t - t), t > 0.927734375);
  return select(magnitude, -magnitude, x < 0.0);
}

// tanh(log(1 + exp(x))), by exp(-|x|), which cannot overflow.
fn tanh_softplus(x: f32) -> f32 {
  let e = exp(-abs(x));
  let top = 2.0 * e + select(1.0, e * e, x < 0.0);
  return top / (top + select(2.0 * e * e, 2.0, x < 0.0));
}
