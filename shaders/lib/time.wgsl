// Which time step a direction works on. Directions run side by side: forward from a row's first step to its last,
// reverse from its last to its first. A row that is shorter than the others waits at its end.

override FIRST_REVERSE: u32; // directions from this one on run in reverse

fn time_of(direction: u32, step: u32, length: u32) -> u32 {
  return select(step, length - 1 - step, direction >= FIRST_REVERSE);
}
