// Second half of a reset-before GRU step: n, and the z-blend, from what gru_gates.wgsl left, for every batch row.
// Each invocation makes one unit of one row.
//
//   n = tanh(x_n + R_n (r * h) + c_n)
//   h' = (1 - z) * n + z * h
//
// x_n is the input projection of this step, bias included (see gru_project.wgsl).
// Dispatch [ceil(HIDDEN_SIZE / WORKGROUP_SIZE), B, 1].
// CPU twin: src/reference/gruNew.ts

override WORKGROUP_SIZE: u32;
override HIDDEN_SIZE: u32;

struct Params {
  first_row: u32, // row of `projection` and `output` where this step begins
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> projection: array<f32>;         // [T, B, 3H], rzn, rows padded to a multiple of 4
@group(0) @binding(2) var<storage, read> reset_state: array<vec4f>;      // [B, H/4] r * h
@group(0) @binding(3) var<storage, read> update: array<f32>;             // [B, H] z, rows padded to a multiple of 4
@group(0) @binding(4) var<storage, read> recurrent_weight: array<vec4f>; // [3H, H/4], rzn
@group(0) @binding(5) var<storage, read> recurrent_bias: array<f32>;     // [3H], rzn
@group(0) @binding(6) var<storage, read> state: array<f32>;              // [B, H], rows padded to a multiple of 4
@group(0) @binding(7) var<storage, read_write> next_state: array<f32>;   // [B, H], rows padded to a multiple of 4
@group(0) @binding(8) var<storage, read_write> output: array<f32>;       // [T, B, H], rows padded to a multiple of 4

@compute @workgroup_size(WORKGROUP_SIZE)
fn gru_new(@builtin(global_invocation_id) global_id: vec3u) {
  let unit = global_id.x;
  if (unit >= HIDDEN_SIZE) {
    return;
  }
  let quads = (HIDDEN_SIZE + 3) / 4;
  let row = global_id.y;
  let gate_row = 2 * HIDDEN_SIZE + unit;
  var recurrent = 0.0; // R_n (r * h)
  for (var k = 0u; k < quads; k++) {
    recurrent += dot(recurrent_weight[gate_row * quads + k], reset_state[row * quads + k]);
  }
  let x = (params.first_row + row) * ((3 * HIDDEN_SIZE + 3) / 4 * 4) + gate_row;
  let n = safe_tanh(projection[x] + recurrent + recurrent_bias[gate_row]);
  let h = row * quads * 4 + unit;
  let next = mix(n, state[h], update[h]);
  next_state[h] = next;
  output[(params.first_row + row) * quads * 4 + unit] = next;
}
