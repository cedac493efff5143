// One layer of a network, as the kernels of several layers read it (src/plan/network/program.ts). Needs lib/activations.wgsl.

struct Activation {
  function: u32,
  alpha: f32,
  beta: f32,
}

struct Operation {
  kind: u32,
  source: u32, // first value that is read
  vec4s: u32,  // of a row of the weight
  result: u32, // first value that is made; of a recurrent layer, its state
  size: u32,   // values that are made
  weight: u32, // first vec4 in `weights`
  bias: u32,   // first element in `biases`: the bias, then the scale of each row
  bias_rows: u32, // elements from a bias to its scale
  recurrent_weight: u32,
  recurrent_bias: u32,
  state: u32, // first element in a state
  activation: Activation, // of a dense layer, or of the gates
  new_activation: Activation,
  output_activation: Activation, // of an LSTM
  clip: f32,
}

// The layer that this invocation makes, for lib/gru.wgsl, lib/lstm.wgsl and lib/rnn.wgsl.
var<private> current: Operation;

fn gate_activation(x: f32) -> f32 {
  return apply(current.activation, limit(x, -current.clip, current.clip));
}

fn new_activation(x: f32) -> f32 {
  return apply(current.new_activation, limit(x, -current.clip, current.clip));
}

// No clip limits a cell.
fn output_activation(x: f32) -> f32 {
  return apply(current.output_activation, x);
}

fn apply(activation: Activation, x: f32) -> f32 {
  return activate(activation.function, activation.alpha, activation.beta, x);
}

// No activations but those of lib/activations.wgsl. A software adapter copies a function to each place that calls it: with all
// of them, it compiles for minutes.
fn other_activation(function_index: u32, alpha: f32, beta: f32, x: f32) -> f32 {
  return x;
}
