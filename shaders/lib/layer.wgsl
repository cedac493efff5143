// The sizes of one recurrent layer, and where its rows are in time and in memory. Needs lib/chunk.wgsl and lib/padding.wgsl.
//
// Both directions run side by side: forward from a row's first step to its last, reverse from its last to its first.
// A row that is shorter than the others waits at its end.

override HIDDEN_SIZE: u32;
override NUM_DIRECTIONS: u32;
override FIRST_REVERSE: u32; // directions from this one on run in reverse
override HIDDEN_VEC4S: u32 = (HIDDEN_SIZE + 3) / 4; // vec4s(HIDDEN_SIZE), which no override may call

// Row of a sequence [T, B, ...] at which a direction makes a step.
fn time_row_of(direction: u32, row: u32, step: u32) -> u32 {
  let time = select(step, lengths[row] - 1 - step, direction >= FIRST_REVERSE);
  return time * params.batch_size + row;
}

// First element of a direction's state that a step reads.
fn state_start(direction: u32, row: u32, step: u32) -> u32 {
  return state_of(row, step) + direction * 4 * HIDDEN_VEC4S;
}

// First element of a direction's units in `output`.
fn output_start(direction: u32, time_row: u32) -> u32 {
  return time_row * padded(NUM_DIRECTIONS * HIDDEN_SIZE) + direction * HIDDEN_SIZE;
}
