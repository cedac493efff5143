// Where in time and in memory a step of a direction works. Directions run side by side: forward from a row's first step
// to its last, reverse from its last to its first. A row that is shorter than the others waits at its end.

override FIRST_REVERSE: u32; // directions from this one on run in reverse
override STATE_SIZE: u32; // S: what one state of all layers takes, rows padded to a multiple of 4

fn time_of(direction: u32, step: u32, length: u32) -> u32 {
  return select(step, length - 1 - step, direction >= FIRST_REVERSE);
}

// A slot keeps two states, and each step reads one and writes the other. `place` is 2 * slot + which of them step 0
// reads. Directions of a layer's state lie side by side: this is the first element of the one that `step` reads.
fn state_start(place: u32, step: u32, direction: u32) -> u32 {
  return ((place & ~1u) | ((place + step) & 1)) * STATE_SIZE + direction * ((HIDDEN_SIZE + 3) / 4 * 4);
}
