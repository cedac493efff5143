// What a kernel of several layers knows of each (src/plan/networkProgram.ts).

override STATE_SIZE: u32; // S: what one state of all layers takes, rows padded to a multiple of 4

struct Activation {
  function: u32,
  alpha: f32,
  beta: f32,
}

struct Operation {
  kind: u32,
  source: u32, // first value that is read
  quads: u32,  // columns of the weight, in quads
  result: u32, // first value that is made; of a GRU, its state
  size: u32,   // values that are made
  weight: u32, // first quad in `weights`
  bias: u32,   // first element in `biases`: the bias, then the scale of each row
  bias_rows: u32, // elements from a bias to its scale
  recurrent_weight: u32,
  recurrent_bias: u32,
  state: u32, // first element in a state
  gate: Activation, // a dense layer's own too
  next: Activation,
  clip: f32,
}

fn apply(activation: Activation, x: f32) -> f32 {
  return activate(activation.function, activation.alpha, activation.beta, x);
}

fn gate_of(operation: Operation, x: f32) -> f32 {
  return apply(operation.gate, limit(x, -operation.clip, operation.clip));
}

fn candidate_of(operation: Operation, x: f32) -> f32 {
  return apply(operation.next, limit(x, -operation.clip, operation.clip));
}

// A slot keeps two states, and each step reads one and writes the other: the first element of the one that `step` reads.
// `place` is 2 * slot + which of them step 0 reads.
fn state_of(place: u32, step: u32) -> u32 {
  return ((place & ~1u) | ((place + step) & 1)) * STATE_SIZE;
}
