// One GRU step, reset-after, for batches: h[t-1] -> h[t] for every batch row and direction. Each invocation makes one unit of
// four rows, and reads each weight once for them; the equations are those of gru_step.wgsl.
//
//   r = f(x_r + R_r h + c_r)
//   z = f(x_z + R_z h + c_z)
//   n = g(x_n + r * (R_n h + c_n))
//   h' = (1 - z) * n + z * h
//
// f and g are gate_activation and new_activation of lib/gates_*.wgsl. WeightQuad and unpack come from lib/weight_*.wgsl,
// TO_NEXT from lib/tile.wgsl, first_quad from lib/recurrent.wgsl, time_of and state_start from lib/time.wgsl. A row that is
// past its length keeps its state.
// Dispatch [ceil(HIDDEN_SIZE / WORKGROUP_SIZE), ceil(B / 4), D].
// CPU twin: src/reference/gruStep.ts

override WORKGROUP_SIZE: u32;
override HIDDEN_SIZE: u32;
override NUM_DIRECTIONS: u32;

struct Params {
  first_row: u32, // of this step, were it forward
  step: u32,
  end: u32,
  batch_size: u32,
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
fn gru_step_tile(@builtin(global_invocation_id) global_id: vec3u) {
  let unit = global_id.x;
  if (unit >= HIDDEN_SIZE) {
    return;
  }
  let direction = global_id.z;
  // Rows past the last one are the last one again, and are not written.
  let rows = min(4 * global_id.y + vec4u(0, 1, 2, 3), vec4u(params.batch_size - 1));
  let starts = vec4u(
    state_start(places[rows.x], params.step, direction),
    state_start(places[rows.y], params.step, direction),
    state_start(places[rows.z], params.step, direction),
    state_start(places[rows.w], params.step, direction),
  );
  let quads = (HIDDEN_SIZE + 3) / 4;
  var w = first_quad(direction, unit, quads);
  var r_sums = vec4f(); // of each row, before the scale
  var z_sums = vec4f();
  var n_sums = vec4f();
  for (var k = 0u; k < quads; k++) {
    let h = mat4x4f(state_quad(starts.x, k), state_quad(starts.y, k), state_quad(starts.z, k), state_quad(starts.w, k));
    r_sums += unpack(recurrent_weight[w]) * h;
    z_sums += unpack(recurrent_weight[w + TO_Z]) * h;
    n_sums += unpack(recurrent_weight[w + TO_N]) * h;
    w += TO_NEXT;
  }
  for (var i = 0u; i < 4 && 4 * global_id.y + i < params.batch_size; i++) {
    if (params.step < lengths[rows[i]]) {
      blend(rows[i], unit, direction, starts[i], vec3f(r_sums[i], z_sums[i], n_sums[i]));
    }
  }
}

// Not an array of vec4f: to write one component of a vector, a GPU may write all four, and others write those.
fn state_quad(start: u32, k: u32) -> vec4f {
  let i = start + 4 * k;
  return vec4f(state[i], state[i + 1], state[i + 2], state[i + 3]);
}

// Writes the next state of a unit of a row.
fn blend(row: u32, unit: u32, direction: u32, start: u32, sums: vec3f) {
  let stride = (NUM_DIRECTIONS * 3 * HIDDEN_SIZE + 3) / 4 * 4;
  let c = direction * 3 * HIDDEN_SIZE + unit + vec3u(0, HIDDEN_SIZE, 2 * HIDDEN_SIZE);
  let s = c + stride;
  let time_row = time_of(direction, params.step, lengths[row]) * params.batch_size + row;
  let x = c + time_row * stride;
  let r = gate_activation(projection[x.x] + sums.x * recurrent_bias[s.x] + recurrent_bias[c.x]);
  let z = gate_activation(projection[x.y] + sums.y * recurrent_bias[s.y] + recurrent_bias[c.y]);
  let n = new_activation(projection[x.z] + r * (sums.z * recurrent_bias[s.z] + recurrent_bias[c.z]));
  let next = (1.0 - z) * n + z * state[start + unit]; // exactly the old state for z = 1, as mix need not be
  state[state_start(places[row], params.step + 1, direction) + unit] = next;
  output[time_row * ((NUM_DIRECTIONS * HIDDEN_SIZE + 3) / 4 * 4) + direction * HIDDEN_SIZE + unit] = next;
}
