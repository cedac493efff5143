// One GRU step, reset after, for every batch row and direction: h[t-1] -> h[t]; the equations are in lib/gru.wgsl.
// An invocation makes one unit of one row, or four units of a row, or a unit of four rows, and reads once what they share:
// `make` comes from lib/products_one.wgsl or lib/products_four.wgsl. A row that is past its length keeps its state.
// Dispatch [ceil(HIDDEN_SIZE / UNITS / WORKGROUP_SIZE), ceil(B / ROWS), D].
// CPU twin: src/layers/gru.ts

override WORKGROUP_SIZE: u32;
override UNITS: u32; // of an invocation, 1 or 4
override ROWS: u32;  // of an invocation, 1 or, where UNITS is 1, 4

@compute @workgroup_size(WORKGROUP_SIZE)
fn gru_step(@builtin(global_invocation_id) global_id: vec3u) {
  make(UNITS * global_id.x, ROWS * global_id.y, global_id.z);
}

// Makes the next state of a unit, from R_r h, R_z h and R_n h before the scale.
fn advance(direction: u32, unit: u32, row: u32, sums: vec3f) {
  let time_row = time_row_of(direction, row, params.step);
  let rows = gate_rows(direction, unit);
  let h = state[state_start(direction, row, params.step) + unit];
  let after = step_after(projected(time_row, rows), biased(sums, rows), h);
  write_step(direction, row, unit, after);
}
