// First half of a reset-before GRU step: r and z, and the reset state r * h that every unit of the second half
// reads (gru_new.wgsl), for every batch row and direction. Each invocation makes one unit.
//
//   r = f(x_r + R_r h + c_r)
//   z = f(x_z + R_z h + c_z)
//
// x_* is the input projection at this direction's time, bias included (see gru_project.wgsl); f is gate_activation of
// lib/gates_*.wgsl. WeightQuad and unpack come from lib/weight_*.wgsl, TO_NEXT from lib/tile.wgsl, first_quad from
// lib/recurrent.wgsl, time_of and state_start from lib/time.wgsl.
// Dispatch [ceil(HIDDEN_SIZE / WORKGROUP_SIZE), B, D].
// CPU twin: src/reference/gruGates.ts

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
@group(0) @binding(4) var<storage, read> recurrent_weight: array<WeightQuad>; // see lib/recurrent.wgsl
@group(0) @binding(5) var<storage, read> recurrent_bias: array<f32>;          // [2, D 3H]: c, then the scale of each row, padded alike
@group(0) @binding(6) var<storage, read> state: array<vec4f>;                 // [slots, 2, S/4], from this layer's [D, H/4] on
@group(0) @binding(7) var<storage, read_write> gated: array<f32>;             // [D, B, 2, H]: r * h, then z, rows padded to a multiple of 4

@compute @workgroup_size(WORKGROUP_SIZE)
fn gru_gates(@builtin(global_invocation_id) global_id: vec3u, @builtin(num_workgroups) num_workgroups: vec3u) {
  let unit = global_id.x;
  let row = global_id.y;
  if (unit >= HIDDEN_SIZE || params.step >= lengths[row]) {
    return;
  }
  let direction = global_id.z;
  let batch_size = num_workgroups.y;
  let quads = (HIDDEN_SIZE + 3) / 4;
  let h_start = state_start(places[row], params.step, direction) / 4;

  let gate_row = direction * 3 * HIDDEN_SIZE + unit; // of r; z follows, HIDDEN_SIZE on
  var w = first_quad(direction, unit, quads);
  var sum = vec2f(); // R_r h, R_z h, before the scale
  for (var k = 0u; k < quads; k++) {
    let quad = state[h_start + k];
    sum += vec2f(dot(unpack(recurrent_weight[w]), quad), dot(unpack(recurrent_weight[w + TO_Z]), quad));
    w += TO_NEXT;
  }
  let stride = (NUM_DIRECTIONS * 3 * HIDDEN_SIZE + 3) / 4 * 4;
  let c = vec2u(gate_row, gate_row + HIDDEN_SIZE);
  let s = c + stride;
  let time_row = time_of(direction, params.step, lengths[row]) * batch_size + row;
  let x = c + time_row * stride;
  let r = gate_activation(projection[x.x] + sum.x * recurrent_bias[s.x] + recurrent_bias[c.x]);
  let z = gate_activation(projection[x.y] + sum.y * recurrent_bias[s.y] + recurrent_bias[c.y]);
  let gated_start = 8 * quads * (direction * batch_size + row);
  gated[gated_start + unit] = r * state[h_start + unit / 4][unit % 4];
  gated[gated_start + 4 * quads + unit] = z;
}
