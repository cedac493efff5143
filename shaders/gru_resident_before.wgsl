// All steps of a reset-before GRU layer in one dispatch: h[0] -> h[1] -> ... A workgroup keeps the state of one batch row
// and direction in its own memory and walks through time; the equations are those of gru_gates.wgsl and gru_new.wgsl.
//
//   r = f(x_r + R_r h + c_r)
//   z = f(x_z + R_z h + c_z)
//   n = g(x_n + R_n (r * h) + c_n)
//   h' = (1 - z) * n + z * h
//
// f and g are gate_activation and new_activation of lib/gates_*.wgsl. WeightQuad and unpack come from lib/weight_*.wgsl,
// TO_NEXT from lib/tile.wgsl, first_quad from lib/recurrent.wgsl, time_of and state_start from lib/time.wgsl. A row stops at
// its length.
// Dispatch [B, D, 1].
// CPU twin: src/reference/gruNew.ts

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
var<workgroup> gated: array<f32, (HIDDEN_SIZE + 3) / 4 * 4>; // r * h; its padding stays zero
var<workgroup> update: array<f32, HIDDEN_SIZE>;              // z
var<workgroup> parts: array<vec2f, HIDDEN_SIZE * LANES>;     // of R_r h and R_z h, then of R_n (r * h), before the scale

@compute @workgroup_size(WORKGROUP_SIZE)
fn gru_resident_before(
  @builtin(local_invocation_index) local_index: u32,
  @builtin(workgroup_id) workgroup_id: vec3u,
  @builtin(num_workgroups) num_workgroups: vec3u,
) {
  let row = workgroup_id.x;
  let direction = workgroup_id.y;
  let end = min(params.end, lengths[row]);
  if (params.step >= end) {
    return;
  }
  let h_size = (HIDDEN_SIZE + 3) / 4 * 4;
  let first = state_start(places[row], params.step, direction);
  for (var i = local_index; i < h_size; i += WORKGROUP_SIZE) {
    h[i] = state[first + i];
  }
  workgroupBarrier();

  let gate_row = direction * 3 * HIDDEN_SIZE;
  for (var step = params.step; step < end; step++) {
    for (var part = local_index; part < HIDDEN_SIZE * LANES; part += WORKGROUP_SIZE) {
      parts[part] = gate_products(direction, part / LANES, part % LANES);
    }
    workgroupBarrier();
    let time_row = time_of(direction, step, lengths[row]) * num_workgroups.x + row;
    for (var unit = local_index; unit < HIDDEN_SIZE; unit += WORKGROUP_SIZE) {
      let sum = sum_of_lanes(unit);
      gated[unit] = gate_activation(gate_input(gate_row + unit, time_row, sum.x)) * h[unit];
      update[unit] = gate_activation(gate_input(gate_row + HIDDEN_SIZE + unit, time_row, sum.y));
    }
    workgroupBarrier();
    for (var part = local_index; part < HIDDEN_SIZE * LANES; part += WORKGROUP_SIZE) {
      parts[part] = vec2f(new_product(direction, part / LANES, part % LANES), 0);
    }
    workgroupBarrier();
    let output_start = time_row * ((NUM_DIRECTIONS * HIDDEN_SIZE + 3) / 4 * 4) + direction * HIDDEN_SIZE;
    for (var unit = local_index; unit < HIDDEN_SIZE; unit += WORKGROUP_SIZE) {
      let n = new_activation(gate_input(gate_row + 2 * HIDDEN_SIZE + unit, time_row, sum_of_lanes(unit).x));
      let z = update[unit];
      h[unit] = (1.0 - z) * n + z * h[unit]; // exactly the old state for z = 1, as mix need not be
      output[output_start + unit] = h[unit];
    }
    workgroupBarrier();
  }
  let last = state_start(places[row], end, direction);
  for (var i = local_index; i < HIDDEN_SIZE; i += WORKGROUP_SIZE) {
    state[last + i] = h[i];
  }
}

// One lane's part of R_r h and R_z h of a unit.
fn gate_products(direction: u32, unit: u32, lane: u32) -> vec2f {
  let quads = (HIDDEN_SIZE + 3) / 4;
  let first = first_quad(direction, unit, quads);
  var sum = vec2f();
  for (var k = lane; k < quads; k += LANES) {
    let quad = vec4f(h[4 * k], h[4 * k + 1], h[4 * k + 2], h[4 * k + 3]);
    let w = first + k * TO_NEXT;
    sum += vec2f(dot(unpack(recurrent_weight[w]), quad), dot(unpack(recurrent_weight[w + TO_Z]), quad));
  }
  return sum;
}

// One lane's part of R_n (r * h) of a unit.
fn new_product(direction: u32, unit: u32, lane: u32) -> f32 {
  let quads = (HIDDEN_SIZE + 3) / 4;
  let first = first_quad(direction, unit, quads) + TO_N;
  var sum = 0.0;
  for (var k = lane; k < quads; k += LANES) {
    let quad = vec4f(gated[4 * k], gated[4 * k + 1], gated[4 * k + 2], gated[4 * k + 3]);
    sum += dot(unpack(recurrent_weight[first + k * TO_NEXT]), quad);
  }
  return sum;
}

fn sum_of_lanes(unit: u32) -> vec2f {
  var sum = parts[unit * LANES];
  for (var lane = 1u; lane < LANES; lane++) {
    sum += parts[unit * LANES + lane];
  }
  return sum;
}

// What an activation is taken of: x + R h + c of one gate row, R h as the products' sum before the scale.
fn gate_input(gate_row: u32, time_row: u32, sum: f32) -> f32 {
  let stride = (NUM_DIRECTIONS * 3 * HIDDEN_SIZE + 3) / 4 * 4;
  let x = projection[time_row * stride + gate_row];
  return x + sum * recurrent_bias[stride + gate_row] + recurrent_bias[gate_row];
}
