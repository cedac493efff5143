// A stack of GRU layers, each of which reads the one before: forward, all of one size. Bindings 4 to 7, after those of
// lib/chunk.wgsl. Needs lib/layer.wgsl, lib/recurrent.wgsl, lib/operation.wgsl and one of lib/weight_*.wgsl.

override FIRST_OPERATION: u32; // of the first layer, in `program`

@group(0) @binding(4) var<storage, read> program: array<Operation>;
@group(0) @binding(5) var<storage, read> weights: array<WeightVec4>;
@group(0) @binding(6) var<storage, read> biases: array<f32>;       // the same buffer
@group(0) @binding(7) var<storage, read_write> states: array<f32>; // [slots, 2, S]

// First element of a layer's state that a step reads.
fn layer_state(layer: u32, row: u32, step: u32) -> u32 {
  return state_of(row, step) + program[FIRST_OPERATION + layer].state;
}

fn state_vec4(start: u32, k: u32) -> vec4f {
  let i = start + 4 * k;
  return vec4f(states[i], states[i + 1], states[i + 2], states[i + 3]);
}

// W x + b of the current layer, for the state of the layer below as x.
fn input_products(unit: u32, below: u32) -> vec3f {
  let rows = gate_rows(0, unit);
  return vec3f(input_product(rows.x, below), input_product(rows.y, below), input_product(rows.z, below));
}

fn input_product(gate_row: u32, below: u32) -> f32 {
  return product(current.weight + row_start(gate_row, HIDDEN_VEC4S), current.bias + gate_row, below);
}

// A gate's row of R h + c of the current layer. The gate is 0 for r, 1 for z, 2 for n.
fn recurrent_product(gate: u32, unit: u32, h: u32) -> f32 {
  return product(gate_row_of(gate, unit), current.recurrent_bias + gate * HIDDEN_SIZE + unit, h);
}

// First vec4 of a gate's row of R of the current layer.
fn gate_row_of(gate: u32, unit: u32) -> u32 {
  return current.recurrent_weight + recurrent_row(0, unit) + gate * TO_GATE;
}

// The row whose first vec4 is `first`, times a state.
fn product(first: u32, bias: u32, start: u32) -> f32 {
  var sum = 0.0;
  for (var k = 0u; k < HIDDEN_VEC4S; k++) {
    sum += dot(unpack(weights[first + k * TO_NEXT]), state_vec4(start, k));
  }
  return biased(sum, bias);
}

fn biased(sum: f32, bias: u32) -> f32 {
  return sum * biases[bias + padded(3 * HIDDEN_SIZE)] + biases[bias];
}
