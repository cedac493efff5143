// One GRU step, reset-after, for adapters that are slow to load: h[t-1] -> h[t] for every batch row and direction. Each
// invocation makes four units, and reads each quad of the state once for their twelve rows of weights; the equations are those
// of gru_step.wgsl.
//
//   r = f(x_r + R_r h + c_r)
//   z = f(x_z + R_z h + c_z)
//   n = g(x_n + r * (R_n h + c_n))
//   h' = (1 - z) * n + z * h
//
// f and g are gate_activation and new_activation of lib/gates_*.wgsl. WeightTile and columns_of come from lib/tile.wgsl,
// time_of and state_start from lib/time.wgsl. A row that is past its length keeps its state.
// Dispatch [ceil(HIDDEN_SIZE / 4 / WORKGROUP_SIZE), B, D].
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
@group(0) @binding(4) var<storage, read> recurrent_weight: array<WeightTile>; // [D, H/4, 3, H/4], see lib/recurrent.wgsl
@group(0) @binding(5) var<storage, read> recurrent_bias: array<f32>;          // [2, D 3H]: c, then the scale of each row, padded alike
@group(0) @binding(6) var<storage, read_write> state: array<f32>;             // [slots, 2, S], from this layer's [D, H] on
@group(0) @binding(7) var<storage, read_write> output: array<f32>;            // [T, B, D H], rows padded to a multiple of 4

@compute @workgroup_size(WORKGROUP_SIZE)
fn gru_step_quad(@builtin(global_invocation_id) global_id: vec3u, @builtin(num_workgroups) num_workgroups: vec3u) {
  let first_unit = 4 * global_id.x;
  let row = global_id.y;
  if (first_unit >= HIDDEN_SIZE || params.step >= lengths[row]) {
    return;
  }
  let direction = global_id.z;
  let start = state_start(places[row], params.step, direction);
  let quads = (HIDDEN_SIZE + 3) / 4;
  var w = (direction * quads + global_id.x) * 3 * quads;
  var r_sums = vec4f(); // of each unit, before the scale
  var z_sums = vec4f();
  var n_sums = vec4f();
  for (var k = 0u; k < quads; k++) {
    // Not an array of vec4f: to write one component of a vector, a GPU may write all four, and others write those.
    let i = start + 4 * k;
    let h = vec4f(state[i], state[i + 1], state[i + 2], state[i + 3]);
    r_sums += h * columns_of(recurrent_weight[w]);
    z_sums += h * columns_of(recurrent_weight[w + quads]);
    n_sums += h * columns_of(recurrent_weight[w + 2 * quads]);
    w++;
  }
  let time_row = time_of(direction, params.step, lengths[row]) * num_workgroups.y + row;
  for (var i = 0u; i < 4 && first_unit + i < HIDDEN_SIZE; i++) {
    let unit = first_unit + i;
    let next = blend(direction, unit, time_row, start, vec3f(r_sums[i], z_sums[i], n_sums[i]));
    state[state_start(places[row], params.step + 1, direction) + unit] = next;
    output[time_row * ((NUM_DIRECTIONS * HIDDEN_SIZE + 3) / 4 * 4) + direction * HIDDEN_SIZE + unit] = next;
  }
}

// The next state of a unit.
fn blend(direction: u32, unit: u32, time_row: u32, start: u32, sums: vec3f) -> f32 {
  let stride = (NUM_DIRECTIONS * 3 * HIDDEN_SIZE + 3) / 4 * 4;
  let c = direction * 3 * HIDDEN_SIZE + unit + vec3u(0, HIDDEN_SIZE, 2 * HIDDEN_SIZE);
  let s = c + stride;
  let x = c + time_row * stride;
  let r = gate_activation(projection[x.x] + sums.x * recurrent_bias[s.x] + recurrent_bias[c.x]);
  let z = gate_activation(projection[x.y] + sums.y * recurrent_bias[s.y] + recurrent_bias[c.y]);
  let n = new_activation(projection[x.z] + r * (sums.z * recurrent_bias[s.z] + recurrent_bias[c.z]));
  return (1.0 - z) * n + z * state[start + unit]; // exactly the old state for z = 1, as mix need not be
}
