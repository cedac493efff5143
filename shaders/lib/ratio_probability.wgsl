// The scores are probabilities.
fn log_ratio(x: f32, largest: f32) -> f32 {
  if (x <= 0.0) {
    return -3.4028234e38; // the lowest f32; a logarithm of zero is not ours to rely on
  }
  return log(x / largest);
}
