// All steps of a GRU layer in one dispatch: h[0] -> h[1] -> ... A workgroup keeps the state of one batch row and direction
// in its own memory and goes through all steps; the equations are in lib/gru.wgsl. A row stops at its length.
// start_of and state_before come from lib/start_*.wgsl.
// Dispatch [B, D, 1].
// CPU twin: src/layers/gru.ts

override WORKGROUP_SIZE: u32;
override LANES: u32; // invocations that share the products of a unit
override UNITS: u32; // of an invocation, 1 or, where the reset comes after, 4, which share each read of the state
override RESET_AFTER: bool;
// Sizes of arrays are overrides by name: Firefox (153) crashes on an expression there.
override STATE_ELEMENTS: u32 = 4 * HIDDEN_VEC4S;
override NUM_PARTS: u32 = HIDDEN_SIZE * LANES;
override GATED_SIZE: u32 = select(4 * HIDDEN_VEC4S, 1, RESET_AFTER);

@group(0) @binding(7) var<storage, read_write> output: array<f32>; // [T, B, D H], rows padded

var<workgroup> h: array<f32, STATE_ELEMENTS>;
var<workgroup> gated: array<f32, GATED_SIZE>;            // r * h, where the reset comes before; its padding stays zero
var<workgroup> update_gate: array<f32, GATED_SIZE>;      // z, likewise
var<workgroup> parts: array<vec3f, NUM_PARTS>; // of R h, before the scale

@compute @workgroup_size(WORKGROUP_SIZE)
fn gru_persistent(
  @builtin(local_invocation_index) local_index: u32,
  @builtin(workgroup_id) workgroup_id: vec3u,
) {
  let row = workgroup_id.x;
  let direction = workgroup_id.y;
  let end = min(params.end, lengths[row]);
  let start = start_of(direction, row, local_index);
  if (start >= end) {
    return;
  }
  for (var i = local_index; i < 4 * HIDDEN_VEC4S; i += WORKGROUP_SIZE) {
    h[i] = state_before(direction, row, start, i);
  }
  workgroupBarrier();

  for (var step = start; step < end; step++) {
    let time_row = time_row_of(direction, row, step);
    if (UNITS == 4) {
      for (var part = local_index; part < HIDDEN_VEC4S * LANES; part += WORKGROUP_SIZE) {
        make_four_parts(direction, part / LANES * 4, part % LANES);
      }
    } else {
      for (var part = local_index; part < HIDDEN_SIZE * LANES; part += WORKGROUP_SIZE) {
        parts[part] = products(direction, part / LANES, part % LANES);
      }
    }
    workgroupBarrier();
    if (!RESET_AFTER) {
      for (var unit = local_index; unit < HIDDEN_SIZE; unit += WORKGROUP_SIZE) {
        make_gates(direction, unit, time_row);
      }
      workgroupBarrier();
      for (var part = local_index; part < HIDDEN_SIZE * LANES; part += WORKGROUP_SIZE) {
        parts[part] = new_products(direction, part / LANES, part % LANES);
      }
      workgroupBarrier();
    }
    for (var unit = local_index; unit < HIDDEN_SIZE; unit += WORKGROUP_SIZE) {
      h[unit] = next_state(direction, unit, time_row);
      output[output_start(direction, time_row) + unit] = h[unit];
    }
    workgroupBarrier();
  }
  for (var i = local_index; i < HIDDEN_SIZE; i += WORKGROUP_SIZE) {
    state[state_start(direction, row, end) + i] = h[i];
  }
}

// One lane's part of R h of a unit; R_n h only where the reset comes after.
fn products(direction: u32, unit: u32, lane: u32) -> vec3f {
  let first = recurrent_row(direction, unit);
  var sums = vec3f();
  for (var k = lane; k < HIDDEN_VEC4S; k += LANES) {
    let four = vec4f(h[4 * k], h[4 * k + 1], h[4 * k + 2], h[4 * k + 3]);
    let w = first + k * TO_NEXT;
    if (RESET_AFTER) {
      sums += products_of(w, four);
    } else {
      sums.x += dot(unpack(recurrent_weight[w]), four);
      sums.y += dot(unpack(recurrent_weight[w + TO_Z]), four);
    }
  }
  return sums;
}

// One lane's part of R h of four units.
fn make_four_parts(direction: u32, unit: u32, lane: u32) {
  let first = recurrent_row(direction, unit);
  var r = vec4f();
  var z = vec4f();
  var n = vec4f();
  for (var k = lane; k < HIDDEN_VEC4S; k += LANES) {
    let four = vec4f(h[4 * k], h[4 * k + 1], h[4 * k + 2], h[4 * k + 3]);
    let w = first + k * TO_NEXT;
    r += four * tile_at(w);
    z += four * tile_at(w + TO_Z);
    n += four * tile_at(w + TO_N);
  }
  for (var i = 0u; i < 4 && unit + i < HIDDEN_SIZE; i++) {
    parts[(unit + i) * LANES + lane] = vec3f(r[i], z[i], n[i]);
  }
}

// One lane's part of R_n (r * h) of a unit.
fn new_products(direction: u32, unit: u32, lane: u32) -> vec3f {
  let first = recurrent_row(direction, unit) + TO_N;
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

fn next_state(direction: u32, unit: u32, time_row: u32) -> f32 {
  let x = projected(time_row, gate_rows(direction, unit));
  let recurrent = recurrent_of(direction, unit);
  if (RESET_AFTER) {
    return step_after(x, recurrent, h[unit]);
  }
  return step_before(x.z, recurrent.z, update_gate[unit], h[unit]);
}
