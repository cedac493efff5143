// Products of a unit's rows of a [3H, H] weight with a state: r, z and n, bias included.

fn products(weight: u32, bias: u32, unit: u32, state: u32) -> vec3f {
  return vec3f(
    product_of(weight, bias, unit, state),
    product_of(weight, bias, unit + HIDDEN_SIZE, state),
    product_of(weight, bias, unit + 2 * HIDDEN_SIZE, state),
  );
}

fn product_of(weight: u32, bias: u32, gate_row: u32, state: u32) -> f32 {
  let quads = (HIDDEN_SIZE + 3) / 4;
  var sum = 0.0;
  for (var k = 0u; k < quads; k++) {
    let i = state + 4 * k;
    let quad = vec4f(states[i], states[i + 1], states[i + 2], states[i + 3]);
    sum += dot(unpack(weights[weight + gate_row * quads + k]), quad);
  }
  return sum * biases[bias + (3 * HIDDEN_SIZE + 3) / 4 * 4 + gate_row] + biases[bias + gate_row];
}
