// All steps of a recurrent layer in one dispatch: state[0] -> state[1] -> ... A workgroup keeps the state of one batch row and
// direction in its own memory and goes through all steps; the equations are those of recurrent_step.wgsl. A row stops at its
// length. start_of and state_before come from lib/start_*.wgsl, kept, keep and begin from lib/kept_*.wgsl, sums_of_units from
// lib/sums_*.wgsl.
// Dispatch [B, D, 1].
// CPU twins: src/layers/gru.ts, src/layers/lstm.ts, src/layers/rnn.ts

override WORKGROUP_SIZE: u32;
override LANES: u32; // invocations that share the products of a unit
override UNITS: u32; // of an invocation, 1 or 4, which share each read of the state
// Sizes of arrays are overrides by name: Firefox (153) crashes on an expression there.
override STATE_ELEMENTS: u32 = 4 * HIDDEN_VEC4S;
override NUM_PARTS: u32 = HIDDEN_SIZE * LANES;

@group(0) @binding(7) var<storage, read_write> output: array<f32>; // [T, B, D H], rows padded

var<workgroup> h: array<f32, STATE_ELEMENTS>;
var<workgroup> parts: array<Gates, NUM_PARTS>; // of R h, before the scale

@compute @workgroup_size(WORKGROUP_SIZE)
fn recurrent_persistent(
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
  for (var unit = local_index; unit < HIDDEN_SIZE; unit += WORKGROUP_SIZE) {
    begin(unit, unit_at(state_start(direction, row, start), unit));
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
    for (var unit = local_index; unit < HIDDEN_SIZE; unit += WORKGROUP_SIZE) {
      let rows = gate_rows(direction, unit);
      keep(unit, step_of(projected(time_row, rows), biased(sum_of_lanes(unit), rows), kept(unit)));
      output[output_start(direction, time_row) + unit] = h[unit];
    }
    workgroupBarrier();
  }
  for (var unit = local_index; unit < HIDDEN_SIZE; unit += WORKGROUP_SIZE) {
    put_unit(state_start(direction, row, end), unit, kept(unit));
  }
}

// One lane's part of R h of a unit.
fn products(direction: u32, unit: u32, lane: u32) -> Gates {
  let first = recurrent_row(direction, unit);
  var sums = Gates();
  for (var k = lane; k < HIDDEN_VEC4S; k += LANES) {
    sums += products_of(first + k * TO_NEXT, h_vec4(0, k));
  }
  return sums;
}

// One lane's part of R h of four units.
fn make_four_parts(direction: u32, unit: u32, lane: u32) {
  let sums = sums_of_units(recurrent_row(direction, unit), 0, lane, LANES);
  for (var i = 0u; i < 4 && unit + i < HIDDEN_SIZE; i++) {
    parts[(unit + i) * LANES + lane] = gates_of(sums, i);
  }
}

fn h_vec4(start: u32, k: u32) -> vec4f {
  return vec4f(h[4 * k], h[4 * k + 1], h[4 * k + 2], h[4 * k + 3]);
}

// R h of a unit, from the parts of all lanes.
fn sum_of_lanes(unit: u32) -> Gates {
  var sums = parts[unit * LANES];
  for (var lane = 1u; lane < LANES; lane++) {
    sums += parts[unit * LANES + lane];
  }
  return sums;
}
