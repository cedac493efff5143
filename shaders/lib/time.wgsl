// Where in time and in memory a step of a direction works. Directions run side by side: forward from a row's first step
// to its last, reverse from its last to its first. A row that is shorter than the others waits at its end.

override FIRST_REVERSE: u32; // directions from this one on run in reverse

fn time_of(direction: u32, step: u32, length: u32) -> u32 {
  return select(step, length - 1 - step, direction >= FIRST_REVERSE);
}

// A slot keeps two states, and each step reads one and writes the other. `place` is 2 * slot + which of them step 0
// reads. Both directions of a state lie side by side: this is the row of `state` that `step` reads for `direction`.
fn state_row(place: u32, step: u32, direction: u32) -> u32 {
  return ((place & ~1u) | ((place + step) & 1)) * NUM_DIRECTIONS + direction;
}
