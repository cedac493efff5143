// The equation of a unit of a simple recurrent layer, h' = f(x + recurrent).
//
// x = W x + b is the input projection, `recurrent` is R h + c. f is new_activation of one of lib/functions_*.wgsl.

fn step_rnn(x: f32, recurrent: f32) -> f32 {
  return new_activation(x + recurrent);
}
