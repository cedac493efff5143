// Second half of a reset-before GRU step: n, and the z-blend, from what gru_gates.wgsl left, for every batch row and
// direction. Each invocation makes one unit.
//
//   n = g(x_n + R_n (r * h) + c_n)
//   h' = (1 - z) * n + z * h
//
// x_n is the input projection at this direction's time, bias included (see gru_project.wgsl); g is new_activation of
// lib/gates_*.wgsl. WeightQuad and unpack come from lib/weight_*.wgsl, TO_NEXT from lib/tile.wgsl, first_quad from
// lib/recurrent.wgsl, time_of and state_start from lib/time.wgsl. A row that is past its length keeps its state.
// Dispatch [ceil(HIDDEN_SIZE / WORKGROUP_SIZE), B, D].
// CPU twin: src/reference/gruNew.ts

override WORKGROUP_SIZE: u32;
override HIDDEN_SIZE: u32;
override NUM_DIRECTIONS: u32;

struct Params {
  first_row: u32, // of this step, were it forward
  step: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> lengths: array<u32>;                 // [B]
@group(0) @binding(2) var<storage, read> places: array<u32>;                  // [B], see lib/time.wgsl
@group(0) @binding(3) var<storage, read> projection: array<f32>;              // [T, B, D 3H], rzn, rows padded to a multiple of 4
@group(0) @binding(4) var<storage, read> gated: array<vec4f>;                 // [D, B, 2, H/4]: r * h, then z
@group(0) @binding(5) var<storage, read> recurrent_weight: array<WeightQuad>; // see lib/recurrent.wgsl
@group(0) @binding(6) var<storage, read> recurrent_bias: array<f32>;          // [2, D 3H]: c, then the scale of each row, padded alike
@group(0) @binding(7) var<storage, read_write> state: array<f32>;             // [slots, 2, S], from this layer's [D, H] on
@group(0) @binding(8) var<storage, read_write> output: array<f32>;            // [T, B, D H], rows padded to a multiple of 4

@compute @workgroup_size(WORKGROUP_SIZE)
fn gru_new(@builtin(global_invocation_id) global_id: vec3u, @builtin(num_workgroups) num_workgroups: vec3u) {
  let unit = global_id.x;
  let row = global_id.y;
  if (unit >= HIDDEN_SIZE || params.step >= lengths[row]) {
    return;
  }
  let direction = global_id.z;
  let batch_size = num_workgroups.y;
  let quads = (HIDDEN_SIZE + 3) / 4;

  let gate_row = (direction * 3 + 2) * HIDDEN_SIZE + unit; // of n
  let gated_start = 2 * quads * (direction * batch_size + row);
  var w = first_quad(direction, unit, quads) + TO_N;
  var sum = 0.0; // R_n (r * h), before the scale
  for (var k = 0u; k < quads; k++) {
    sum += dot(unpack(recurrent_weight[w]), gated[gated_start + k]);
    w += TO_NEXT;
  }
  let stride = (NUM_DIRECTIONS * 3 * HIDDEN_SIZE + 3) / 4 * 4;
  let recurrent = sum * recurrent_bias[gate_row + stride] + recurrent_bias[gate_row];

  let time_row = time_of(direction, params.step, lengths[row]) * batch_size + row;
  let n = new_activation(projection[time_row * stride + gate_row] + recurrent);
  let z = gated[gated_start + quads + unit / 4][unit % 4];
  let h = state[state_start(places[row], params.step, direction) + unit];
  let next = (1.0 - z) * n + z * h; // exactly h for z = 1, as mix need not be
  state[state_start(places[row], params.step + 1, direction) + unit] = next;
  output[time_row * ((NUM_DIRECTIONS * HIDDEN_SIZE + 3) / 4 * 4) + direction * HIDDEN_SIZE + unit] = next;
}
