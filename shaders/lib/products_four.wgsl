// Four units of a row, or a unit of four rows, by each invocation of gru_step.wgsl. Needs lib/recurrent_tile.wgsl.

fn make(first_unit: u32, first_row: u32, direction: u32) {
  if (first_unit >= HIDDEN_SIZE || (ROWS == 1 && params.step >= lengths[first_row])) {
    return;
  }
  var sums: mat3x4f;
  if (UNITS == 4) {
    sums = products_of_units(direction, first_unit, first_row);
  } else {
    sums = products_of_rows(direction, first_unit, first_row);
  }
  for (var i = 0u; i < UNITS * ROWS; i++) {
    let unit = first_unit + i % UNITS;
    let row = first_row + i / UNITS;
    if (unit < HIDDEN_SIZE && row < params.batch_size && params.step < lengths[row]) {
      advance(direction, unit, row, vec3f(sums[0][i], sums[1][i], sums[2][i]));
    }
  }
}

fn products_of_units(direction: u32, unit: u32, row: u32) -> mat3x4f {
  var w = recurrent_row(direction, unit);
  let start = state_start(direction, row, params.step);
  var r = vec4f();
  var z = vec4f();
  var n = vec4f();
  for (var k = 0u; k < HIDDEN_VEC4S; k++) {
    let h = state_vec4(start, k);
    r += h * tile_at(w);
    z += h * tile_at(w + TO_Z);
    n += h * tile_at(w + TO_N);
    w += TO_NEXT;
  }
  return mat3x4f(r, z, n);
}

fn products_of_rows(direction: u32, unit: u32, row: u32) -> mat3x4f {
  var w = recurrent_row(direction, unit);
  let starts = vec4u(
    start_of(direction, row),
    start_of(direction, row + 1),
    start_of(direction, row + 2),
    start_of(direction, row + 3),
  );
  var r = vec4f();
  var z = vec4f();
  var n = vec4f();
  for (var k = 0u; k < HIDDEN_VEC4S; k++) {
    let h = mat4x4f(state_vec4(starts.x, k), state_vec4(starts.y, k), state_vec4(starts.z, k), state_vec4(starts.w, k));
    r += unpack(recurrent_weight[w]) * h;
    z += unpack(recurrent_weight[w + TO_Z]) * h;
    n += unpack(recurrent_weight[w + TO_N]) * h;
    w += TO_NEXT;
  }
  return mat3x4f(r, z, n);
}

// Where the state of a row is. Rows past the last one read the last row's and are not written.
fn start_of(direction: u32, row: u32) -> u32 {
  return state_start(direction, min(row, params.batch_size - 1), params.step);
}
