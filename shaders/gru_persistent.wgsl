// All steps of a GRU layer, reset before, in one dispatch: h[0] -> h[1] -> ... A workgroup keeps the state of one batch row and
// direction in its own memory and goes through all steps; the equations are in lib/gru.wgsl. A row stops at its length.
// Dispatch [B, D, 1].
// CPU twin: src/layers/gru.ts

override WORKGROUP_SIZE: u32;
override LANES: u32; // invocations that share the products of a unit
// Sizes of arrays are overrides by name: Firefox (153) crashes on an expression there.
override STATE_ELEMENTS: u32 = 4 * HIDDEN_VEC4S;
override NUM_PARTS: u32 = HIDDEN_SIZE * LANES;

@group(0) @binding(7) var<storage, read_write> output: array<f32>; // [T, B, D H], rows padded

var<workgroup> h: array<f32, STATE_ELEMENTS>;
var<workgroup> gated: array<f32, STATE_ELEMENTS>;     // r * h; its padding stays zero
var<workgroup> update_gate: array<f32, HIDDEN_SIZE>;  // z
var<workgroup> parts: array<vec3f, NUM_PARTS>;        // of R h, before the scale

@compute @workgroup_size(WORKGROUP_SIZE)
fn gru_persistent(
  @builtin(local_invocation_index) local_index: u32,
  @builtin(workgroup_id) workgroup_id: vec3u,
) {
  let row = workgroup_id.x;
  let direction = workgroup_id.y;
  let end = min(params.end, lengths[row]);
  if (params.step >= end) {
    return;
  }
  for (var i = local_index; i < 4 * HIDDEN_VEC4S; i += WORKGROUP_SIZE) {
    h[i] = state[state_start(direction, row, params.step) + i];
  }
  workgroupBarrier();

  for (var step = params.step; step < end; step++) {
    let time_row = time_row_of(direction, row, step);
    for (var part = local_index; part < HIDDEN_SIZE * LANES; part += WORKGROUP_SIZE) {
      parts[part] = gate_products(direction, part / LANES, part % LANES);
    }
    workgroupBarrier();
    for (var unit = local_index; unit < HIDDEN_SIZE; unit += WORKGROUP_SIZE) {
      make_gates(direction, unit, time_row);
    }
    workgroupBarrier();
    for (var part = local_index; part < HIDDEN_SIZE * LANES; part += WORKGROUP_SIZE) {
      parts[part] = new_products(direction, part / LANES, part % LANES);
    }
    workgroupBarrier();
    for (var unit = local_index; unit < HIDDEN_SIZE; unit += WORKGROUP_SIZE) {
      let x = projected(time_row, gate_rows(direction, unit));
      h[unit] = step_before(x.z, recurrent_of(direction, unit).z, update_gate[unit], h[unit]);
      output[output_start(direction, time_row) + unit] = h[unit];
    }
    workgroupBarrier();
  }
  for (var i = local_index; i < HIDDEN_SIZE; i += WORKGROUP_SIZE) {
    state[state_start(direction, row, end) + i] = h[i];
  }
}

// One lane's part of R_r h and R_z h of a unit.
fn gate_products(direction: u32, unit: u32, lane: u32) -> vec3f {
  let first = recurrent_row(direction, unit);
  var sums = vec3f();
  for (var k = lane; k < HIDDEN_VEC4S; k += LANES) {
    let four = vec4f(h[4 * k], h[4 * k + 1], h[4 * k + 2], h[4 * k + 3]);
    let w = first + k * TO_NEXT;
    sums.x += dot(unpack(recurrent_weight[w]), four);
    sums.y += dot(unpack(recurrent_weight[w + TO_GATE]), four);
  }
  return sums;
}

// One lane's part of R_n (r * h) of a unit.
fn new_products(direction: u32, unit: u32, lane: u32) -> vec3f {
  let first = recurrent_row(direction, unit) + 2 * TO_GATE;
  var sum = 0.0;
  for (var k = lane; k < HIDDEN_VEC4S; k += LANES) {
    let four = vec4f(gated[4 * k], gated[4 * k + 1], gated[4 * k + 2], gated[4 * k + 3]);
    sum += dot(unpack(recurrent_weight[first + k * TO_NEXT]), four);
  }
  return vec3f(0, 0, sum);
}

// R h + c of a unit, from the parts of all lanes.
fn recurrent_of(direction: u32, unit: u32) -> vec3f {
  var sums = parts[unit * LANES];
  for (var lane = 1u; lane < LANES; lane++) {
    sums += parts[unit * LANES + lane];
  }
  return biased(sums, gate_rows(direction, unit));
}

fn make_gates(direction: u32, unit: u32, time_row: u32) {
  let x = projected(time_row, gate_rows(direction, unit));
  let recurrent = recurrent_of(direction, unit);
  gated[unit] = gate(x.x, recurrent.x) * h[unit];
  update_gate[unit] = gate(x.y, recurrent.y);
}
