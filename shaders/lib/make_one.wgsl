// One unit of one row by each invocation of recurrent_step.wgsl.

fn make(unit: u32, row: u32, direction: u32) {
  if (unit >= HIDDEN_SIZE || params.step >= lengths[row]) {
    return;
  }
  let start = state_start(direction, row, params.step);
  var w = recurrent_row(direction, unit);
  var sums = Gates();
  for (var k = 0u; k < HIDDEN_VEC4S; k++) {
    sums += products_of(w, state_vec4(start, k));
    w += TO_NEXT;
  }
  advance(direction, unit, row, sums);
}
