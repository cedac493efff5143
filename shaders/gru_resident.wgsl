// All steps of a reset-after GRU layer in one dispatch: h[0] -> h[1] -> ... A workgroup keeps the state of one batch row
// and direction in its own memory and walks through time; the equations are those of gru_step.wgsl.
//
//   r = f(x_r + R_r h + c_r)
//   z = f(x_z + R_z h + c_z)
//   n = g(x_n + r * (R_n h + c_n))
//   h' = (1 - z) * n + z * h
//
// f and g are gate_activation and new_activation of lib/gates_*.wgsl. WeightQuad and unpack come from lib/weight_*.wgsl,
// TO_NEXT from lib/tile.wgsl, first_quad from lib/recurrent.wgsl, time_of and state_start from lib/time.wgsl, start_of and
// state_before from lib/start_*.wgsl. A row stops at its length.
// Dispatch [B, D, 1].
// CPU twin: src/reference/gruStep.ts

override WORKGROUP_SIZE: u32;
override HIDDEN_SIZE: u32;
override NUM_DIRECTIONS: u32;
override LANES: u32; // invocations that share the products of a unit

struct Params {
  first_row: u32,
  step: u32, // the first step of this dispatch
  end: u32,  // and the first that is not
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> lengths: array<u32>;                 // [B]
@group(0) @binding(2) var<storage, read> places: array<u32>;                  // [B], see lib/time.wgsl
@group(0) @binding(3) var<storage, read> projection: array<f32>;              // [T, B, D 3H], rzn, rows padded to a multiple of 4
@group(0) @binding(4) var<storage, read> recurrent_weight: array<WeightQuad>; // see lib/recurrent.wgsl
@group(0) @binding(5) var<storage, read> recurrent_bias: array<f32>;          // [2, D 3H]: c, then the scale of each row, padded alike
@group(0) @binding(6) var<storage, read_write> state: array<f32>;             // [slots, 2, S], from this layer's [D, H] on
@group(0) @binding(7) var<storage, read_write> output: array<f32>;            // [T, B, D H], rows padded to a multiple of 4

var<workgroup> h: array<f32, (HIDDEN_SIZE + 3) / 4 * 4>;
var<workgroup> parts: array<vec3f, HIDDEN_SIZE * LANES>; // of R_r h, R_z h and R_n h, before the scale

@compute @workgroup_size(WORKGROUP_SIZE)
fn gru_resident(
  @builtin(local_invocation_index) local_index: u32,
  @builtin(workgroup_id) workgroup_id: vec3u,
  @builtin(num_workgroups) num_workgroups: vec3u,
) {
  let row = workgroup_id.x;
  let direction = workgroup_id.y;
  let end = min(params.end, lengths[row]);
  let start = start_of(row, direction, num_workgroups.x, local_index);
  if (start >= end) {
    return;
  }
  for (var i = local_index; i < (HIDDEN_SIZE + 3) / 4 * 4; i += WORKGROUP_SIZE) {
    h[i] = state_before(start, row, direction, num_workgroups.x, i);
  }
  workgroupBarrier();

  let gate_row = direction * 3 * HIDDEN_SIZE;
  for (var step = start; step < end; step++) {
    for (var part = local_index; part < HIDDEN_SIZE * LANES; part += WORKGROUP_SIZE) {
      parts[part] = products(direction, part / LANES, part % LANES);
    }
    workgroupBarrier();
    let time_row = time_of(direction, step, lengths[row]) * num_workgroups.x + row;
    let output_start = time_row * ((NUM_DIRECTIONS * HIDDEN_SIZE + 3) / 4 * 4) + direction * HIDDEN_SIZE;
    for (var unit = local_index; unit < HIDDEN_SIZE; unit += WORKGROUP_SIZE) {
      h[unit] = blend(unit, gate_row, time_row);
      output[output_start + unit] = h[unit];
    }
    workgroupBarrier();
  }
  let last = state_start(places[row], end, direction);
  for (var i = local_index; i < HIDDEN_SIZE; i += WORKGROUP_SIZE) {
    state[last + i] = h[i];
  }
}

// One lane's part of R_r h, R_z h and R_n h of a unit, before the scale.
fn products(direction: u32, unit: u32, lane: u32) -> vec3f {
  let quads = (HIDDEN_SIZE + 3) / 4;
  let first = first_quad(direction, unit, quads);
  var sum = vec3f();
  for (var k = lane; k < quads; k += LANES) {
    let quad = vec4f(h[4 * k], h[4 * k + 1], h[4 * k + 2], h[4 * k + 3]);
    let w = first + k * TO_NEXT;
    sum += vec3f(
      dot(unpack(recurrent_weight[w]), quad),
      dot(unpack(recurrent_weight[w + TO_Z]), quad),
      dot(unpack(recurrent_weight[w + TO_N]), quad),
    );
  }
  return sum;
}

// The next state of a unit.
fn blend(unit: u32, gate_row: u32, time_row: u32) -> f32 {
  var sum = parts[unit * LANES];
  for (var lane = 1u; lane < LANES; lane++) {
    sum += parts[unit * LANES + lane];
  }
  let stride = (NUM_DIRECTIONS * 3 * HIDDEN_SIZE + 3) / 4 * 4;
  let c = gate_row + unit + vec3u(0, HIDDEN_SIZE, 2 * HIDDEN_SIZE);
  let s = c + stride;
  let x = c + time_row * stride;
  let r = gate_activation(projection[x.x] + sum.x * recurrent_bias[s.x] + recurrent_bias[c.x]);
  let z = gate_activation(projection[x.y] + sum.y * recurrent_bias[s.y] + recurrent_bias[c.y]);
  let n = new_activation(projection[x.z] + r * (sum.z * recurrent_bias[s.z] + recurrent_bias[c.z]));
  return (1.0 - z) * n + z * h[unit]; // exactly the old state for z = 1, as mix need not be
}
