// The equations of an LSTM unit: input i, forget f, new g, output o.
//
//   i, f, o = a(x + recurrent)
//   g = n(x + recurrent)
//   c' = f * c + i * g
//   h' = o * y(c')
//
// x = W x + b is the input projection, `recurrent` is R h + its bias, both of i, f, g and o. a and n are gate_activation and
// new_activation of one of lib/functions_*.wgsl, y is output_activation of one of lib/output_function_*.wgsl.

// h' and c'.
fn step_lstm(x: vec4f, recurrent: vec4f, c: f32) -> vec2f {
  let sums = x + recurrent;
  let after = gate_activation(sums.y) * c + gate_activation(sums.x) * new_activation(sums.z);
  return vec2f(gate_activation(sums.w) * output_activation(after), after);
}
