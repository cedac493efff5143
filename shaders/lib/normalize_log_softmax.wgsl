fn normalize(log_probability: f32) -> f32 {
  return log_probability;
}
