// Products of a gate row of a GRU layer with a state in `states`, bias included. The gate is 0 for r, 1 for z and 2 for n.

// Of W, see lib/tile.wgsl, with the state of the layer below: those of all gates.
fn input_products(operation: Operation, unit: u32, below: u32) -> vec3f {
  return vec3f(
    input_product(operation, unit, below),
    input_product(operation, unit + HIDDEN_SIZE, below),
    input_product(operation, unit + 2 * HIDDEN_SIZE, below),
  );
}

fn input_product(operation: Operation, gate_row: u32, below: u32) -> f32 {
  return product(operation.weight + row_start(gate_row, (HIDDEN_SIZE + 3) / 4), operation.bias + gate_row, below);
}

// Of R, see lib/recurrent.wgsl.
fn recurrent_product(operation: Operation, gate: u32, unit: u32, h: u32) -> f32 {
  let w = operation.recurrent_weight + first_quad(0, unit, (HIDDEN_SIZE + 3) / 4) + gate * TO_Z;
  return product(w, operation.recurrent_bias + gate * HIDDEN_SIZE + unit, h);
}

// Of the row whose first quad is `first`.
fn product(first: u32, bias: u32, state: u32) -> f32 {
  var sum = 0.0;
  for (var k = 0u; k < (HIDDEN_SIZE + 3) / 4; k++) {
    let i = state + 4 * k;
    sum += dot(unpack(weights[first + k * TO_NEXT]), vec4f(states[i], states[i + 1], states[i + 2], states[i + 3]));
  }
  return sum * biases[bias + (3 * HIDDEN_SIZE + 3) / 4 * 4] + biases[bias];
}
