// The state of a unit in recurrent_persistent.wgsl, where that is h and the cell c.

var<workgroup> cells: array<f32, HIDDEN_SIZE>;

fn kept(unit: u32) -> Unit {
  return Unit(h[unit], cells[unit]);
}

fn keep(unit: u32, after: Unit) {
  h[unit] = after.x;
  cells[unit] = after.y;
}

// Keeps a unit's state of the first step, but for h.
fn begin(unit: u32, first: Unit) {
  cells[unit] = first.y;
}
