// The state of a unit in recurrence.wgsl, where that is h and the cell c.

alias Unit = vec2f;

const NUM_BLOCKS = 2u;

fn kept(unit: u32) -> Unit {
  return Unit(values[vector(0) + unit], values[vector(1) + unit]);
}

fn keep(unit: u32, after: Unit) {
  values[vector(0) + unit] = after.x;
  values[vector(1) + unit] = after.y;
}
