// The steps of recurrence.wgsl along an axis of each frame, which begin anew in each. Very many are several dispatches.

override FRAME_STEPS: u32; // S
override FIRST_STEP: u32;  // of this dispatch
override END_STEP: u32;

// [frames, blocks, D, R H], padded: the state between two dispatches
@group(0) @binding(6) var<storage, read_write> state: array<f32>;

fn start_step() -> u32 {
  return FIRST_STEP;
}

fn end_step(batch_row: u32) -> u32 {
  return END_STEP;
}

// Row of a sequence [T, B, ...] that has a step's frame.
fn frame_of(batch_row: u32, direction: u32, step: u32) -> u32 {
  return params.first_row + batch_row;
}

// A step's number in its frame.
fn place_of(batch_row: u32, row: u32, direction: u32, step: u32) -> u32 {
  return row * FRAME_STEPS + select(step, FRAME_STEPS - 1 - step, direction >= FIRST_REVERSE);
}

// First element in `state` of a row's block before a step.
fn block_row(block_index: u32, batch_row: u32, row: u32, direction: u32, step: u32) -> u32 {
  let before = (frame_of(batch_row, direction, step) * NUM_BLOCKS + block_index) * NUM_DIRECTIONS + direction;
  return before * padded(ROWS * HIDDEN_SIZE) + row * HIDDEN_SIZE;
}

fn state_before(i: u32, block_index: u32, direction: u32, unit: u32) -> f32 {
  if (FIRST_STEP > 0) {
    return state[i];
  }
  return biases[4 * all_gate_rows() + (block_index * NUM_DIRECTIONS + direction) * HIDDEN_SIZE + unit];
}
