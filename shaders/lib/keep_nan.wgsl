// exp and its inverse, of NaN too: SwiftShader's exp gives infinity for it. By the bits, since a compiler may take it that
// no number is NaN.

fn is_nan(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7fffffff) > 0x7f800000;
}

fn safe_exp(x: f32) -> f32 {
  return select(exp(x), x, is_nan(x));
}

fn safe_log(x: f32) -> f32 {
  return select(log(x), x, is_nan(x));
}
