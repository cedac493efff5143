// The activation of nearly every LSTM's cell.

fn output_activation(x: f32) -> f32 {
  return safe_tanh(x);
}
