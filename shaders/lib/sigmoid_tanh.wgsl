// sigmoid and tanh by way of exp of a number that is never positive: nothing overflows, NaN stays NaN,
// and the error is that of exp. The builtin tanh is indeterminate beyond 88.7 (gpuweb/gpuweb#4458) and
// 1e-5 off on some drivers (gpuweb/gpuweb#5199).

fn sigmoid(x: f32) -> f32 {
  let e = exp(-abs(x));
  return select(e, 1.0, x >= 0.0) / (1.0 + e);
}

fn safe_tanh(x: f32) -> f32 {
  let e = exp(-2.0 * abs(x));
  return sign(x) * (1.0 - e) / (1.0 + e);
}
