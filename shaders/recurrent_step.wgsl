// One step of a recurrent layer, for every batch row and direction: state[t-1] -> state[t]. The equations are in
// lib/gru.wgsl (reset after), lib/lstm.wgsl or lib/rnn.wgsl, by way of `step_of` of lib/step_*.wgsl.
// An invocation makes one unit of one row, or four units of a row, or a unit of four rows, and reads once what they share:
// `make` comes from lib/make_one.wgsl or lib/make_four.wgsl. A row that is past its length keeps its state.
// Dispatch [ceil(HIDDEN_SIZE / UNITS / WORKGROUP_SIZE), ceil(B / ROWS), D].
// CPU twins: src/layers/gru.ts, src/layers/lstm.ts, src/layers/rnn.ts

override WORKGROUP_SIZE: u32;
override UNITS: u32; // of an invocation, 1 or 4
override ROWS: u32;  // of an invocation, 1 or, where UNITS is 1, 4

@compute @workgroup_size(WORKGROUP_SIZE)
fn recurrent_step(@builtin(global_invocation_id) global_id: vec3u) {
  make(UNITS * global_id.x, ROWS * global_id.y, global_id.z);
}

// Makes the next state of a unit, from R h of its gates before the scale.
fn advance(direction: u32, unit: u32, row: u32, sums: Gates) {
  let time_row = time_row_of(direction, row, params.step);
  let rows = gate_rows(direction, unit);
  let before = unit_at(state_start(direction, row, params.step), unit);
  let after = step_of(projected(time_row, rows), biased(sums, rows), before);
  write_step(direction, row, unit, after);
}
