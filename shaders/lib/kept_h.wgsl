// The state of a unit in recurrent_persistent.wgsl, where that is h alone.

fn kept(unit: u32) -> Unit {
  return h[unit];
}

fn keep(unit: u32, after: Unit) {
  h[unit] = after;
}

// Keeps a unit's state of the first step, but for h.
fn begin(unit: u32, first: Unit) {}
