// sigmoid and tanh by way of exp of a number that is never positive: nothing overflows, and the error is that of exp. The
// builtin tanh is indeterminate beyond 88.7 (gpuweb/gpuweb#4458) and 1e-5 off on some drivers (gpuweb/gpuweb#5199).
// Near an end that is not zero each is that end less a quotient: saturated gates are exactly 0 or 1, and tanh 1, though
// WGSL lets 1 / 1 be two ULP off. NaN stays NaN, whether exp gives NaN for it or infinity, as SwiftShader's does.

fn sigmoid(x: f32) -> f32 {
  let e = exp(-abs(x));
  let rest = e / (1.0 + e);
  return select(1.0 - rest, rest, x < 0.0);
}

fn safe_tanh(x: f32) -> f32 {
  let e = exp(-2.0 * abs(x));
  let is_near_end = e < 0.5;
  let quotient = select(1.0 - e, 2.0 * e, is_near_end) / (1.0 + e);
  return sign(x) * select(quotient, 1.0 - quotient, is_near_end);
}
