// Four units of a row, or a unit of four rows, by each invocation of recurrent_step.wgsl. sums_of_units
// comes from lib/sums_*.wgsl.

fn make(first_unit: u32, first_row: u32, direction: u32) {
  if (first_unit >= HIDDEN_SIZE || (ROWS == 1 && params.step >= lengths[first_row])) {
    return;
  }
  var sums: FourGates;
  if (UNITS == 4) {
    let start = state_start(direction, first_row, params.step);
    sums = sums_of_units(recurrent_row(direction, first_unit), start, 0, 1);
  } else {
    sums = sums_of_rows(direction, first_unit, first_row);
  }
  for (var i = 0u; i < UNITS * ROWS; i++) {
    let unit = first_unit + i % UNITS;
    let row = first_row + i / UNITS;
    if (unit < HIDDEN_SIZE && row < params.batch_size && params.step < lengths[row]) {
      advance(direction, unit, row, gates_of(sums, i));
    }
  }
}

fn sums_of_rows(direction: u32, unit: u32, row: u32) -> FourGates {
  var w = recurrent_row(direction, unit);
  let starts = vec4u(
    start_of(direction, row),
    start_of(direction, row + 1),
    start_of(direction, row + 2),
    start_of(direction, row + 3),
  );
  var sums = FourGates();
  for (var k = 0u; k < HIDDEN_VEC4S; k++) {
    let h = mat4x4f(state_vec4(starts.x, k), state_vec4(starts.y, k), state_vec4(starts.z, k), state_vec4(starts.w, k));
    sums += products_of_rows(w, h);
    w += TO_NEXT;
  }
  return sums;
}

// Where the state of a row is. Rows past the last one read the last row's and are not written.
fn start_of(direction: u32, row: u32) -> u32 {
  return state_start(direction, min(row, params.batch_size - 1), params.step);
}

fn h_vec4(start: u32, k: u32) -> vec4f {
  return state_vec4(start, k);
}
