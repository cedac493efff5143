// Any activation of an LSTM's cell, which no clip limits. Needs activations.wgsl.

override OUTPUT_FUNCTION: u32;
override OUTPUT_ALPHA: f32;
override OUTPUT_BETA: f32;

fn output_activation(x: f32) -> f32 {
  return activate(OUTPUT_FUNCTION, OUTPUT_ALPHA, OUTPUT_BETA, x);
}
