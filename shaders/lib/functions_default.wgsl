// The activations of nearly every recurrent layer: sigmoid for the gates, tanh for the new state, no clip.

fn gate_activation(x: f32) -> f32 {
  return sigmoid(x);
}

fn new_activation(x: f32) -> f32 {
  return safe_tanh(x);
}
