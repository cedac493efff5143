fn normalize(log_probability: f32) -> f32 {
  return exp(log_probability);
}
