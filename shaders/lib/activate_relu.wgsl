// select keeps NaN where max(0, x) would hide it.
fn activate(x: f32) -> f32 {
  return select(x, 0.0, x < 0.0);
}
