// One GRU step, reset-after: h[t-1] -> h[t] for every batch row and direction. Each invocation makes one unit.
//
//   r = f(x_r + R_r h + c_r)
//   z = f(x_z + R_z h + c_z)
//   n = g(x_n + r * (R_n h + c_n))
//   h' = (1 - z) * n + z * h
//
// x_* is the input projection at this direction's time, bias included (see gru_project.wgsl); f and g are gate_activation and
// new_activation of lib/gates_*.wgsl. WeightQuad and unpack come from lib/weight_*.wgsl, TO_NEXT from lib/tile.wgsl, first_quad
// from lib/recurrent.wgsl, time_of and state_start from lib/time.wgsl. A row that is past its length keeps its state.
// Dispatch [ceil(HIDDEN_SIZE / WORKGROUP_SIZE), B, D].
// CPU twin: src/reference/gruStep.ts

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
@group(0) @binding(6) var<storage, read_write> state: array<f32>;             // [slots, 2, S], from this layer's [D, H] on
@group(0) @binding(7) var<storage, read_write> output: array<f32>;            // [T, B, D H], rows padded to a multiple of 4

@compute @workgroup_size(WORKGROUP_SIZE)
fn gru_step(@builtin(global_invocation_id) global_id: vec3u, @builtin(num_workgroups) num_workgroups: vec3u) {
  let unit = global_id.x;
  let row = global_id.y;
  if (unit >= HIDDEN_SIZE || params.step >= lengths[row]) {
    return;
  }
  let direction = global_id.z;
  let batch_size = num_workgroups.y;
  let quads = (HIDDEN_SIZE + 3) / 4;
  let h_start = state_start(places[row], params.step, direction);

  let gate_row = direction * 3 * HIDDEN_SIZE + unit; // of r; z and n follow, HIDDEN_SIZE apart
  var w = first_quad(direction, unit, quads);
  var sum = vec3f(); // R_r h, R_z h, R_n h, before the scale
  for (var k = 0u; k < quads; k++) {
    // Not an array of vec4f: to write one component of a vector, a GPU may write all four, and others write those.
    let i = h_start + 4 * k;
    let quad = vec4f(state[i], state[i + 1], state[i + 2], state[i + 3]);
    sum += vec3f(
      dot(unpack(recurrent_weight[w]), quad),
      dot(unpack(recurrent_weight[w + TO_Z]), quad),
      dot(unpack(recurrent_weight[w + TO_N]), quad),
    );
    w += TO_NEXT;
  }
  let stride = (NUM_DIRECTIONS * 3 * HIDDEN_SIZE + 3) / 4 * 4;
  let c = vec3u(gate_row, gate_row + HIDDEN_SIZE, gate_row + 2 * HIDDEN_SIZE);
  let s = c + stride;
  let recurrent = vec3f(
    sum.x * recurrent_bias[s.x] + recurrent_bias[c.x],
    sum.y * recurrent_bias[s.y] + recurrent_bias[c.y],
    sum.z * recurrent_bias[s.z] + recurrent_bias[c.z],
  );

  let time_row = time_of(direction, params.step, lengths[row]) * batch_size + row;
  let x = c + time_row * stride;
  let r = gate_activation(projection[x.x] + recurrent.x);
  let z = gate_activation(projection[x.y] + recurrent.y);
  let n = new_activation(projection[x.z] + r * recurrent.z);
  let next = (1.0 - z) * n + z * state[h_start + unit]; // exactly the old state for z = 1, as mix need not be
  state[state_start(places[row], params.step + 1, direction) + unit] = next;
  output[time_row * ((NUM_DIRECTIONS * HIDDEN_SIZE + 3) / 4 * 4) + direction * HIDDEN_SIZE + unit] = next;
}
