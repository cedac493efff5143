// The state of a unit, where that is h and the cell c: [2, D, H] of a layer. Needs lib/state.wgsl.

alias Unit = vec2f;

override TO_CELL: u32 = NUM_DIRECTIONS * 4 * HIDDEN_VEC4S; // elements from h to c

// A unit's state, in the layer's that begins at `start`.
fn unit_at(start: u32, unit: u32) -> Unit {
  return Unit(state[start + unit], state[start + TO_CELL + unit]);
}

fn put_unit(start: u32, unit: u32, after: Unit) {
  state[start + unit] = after.x;
  state[start + TO_CELL + unit] = after.y;
}

fn h_of(after: Unit) -> f32 {
  return after.x;
}
