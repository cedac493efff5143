// The scores are logarithms, less some number that is the same for all.
fn log_ratio(x: f32, largest: f32) -> f32 {
  return x - largest;
}
