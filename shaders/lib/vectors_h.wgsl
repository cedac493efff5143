// The state of a unit in recurrence.wgsl, where that is h alone.

alias Unit = f32;

const NUM_BLOCKS = 1u;

fn kept(unit: u32) -> Unit {
  return values[vector(0) + unit];
}

fn keep(unit: u32, after: Unit) {
  values[vector(0) + unit] = after;
}
