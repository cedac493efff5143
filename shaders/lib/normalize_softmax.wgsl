fn normalize(log_probability: f32) -> f32 {
  return safe_exp(log_probability);
}
