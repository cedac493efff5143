// The state of a unit, where that is h alone. Needs lib/state.wgsl.

alias Unit = f32;

// A unit's state, in the layer's that begins at `start`.
fn unit_at(start: u32, unit: u32) -> Unit {
  return state[start + unit];
}

fn put_unit(start: u32, unit: u32, after: Unit) {
  state[start + unit] = after;
}

fn h_of(after: Unit) -> f32 {
  return after;
}
