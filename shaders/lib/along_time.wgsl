// The steps of recurrence.wgsl along time: each row of a frame has a state of its own, and a frame may be several steps. A row
// of the batch stops at its length.

override FRAME_STEPS: u32; // S

@group(0) @binding(6) var<storage, read_write> state: array<f32>; // [slots, 2, S], from this layer's [blocks, D, R H] on

fn start_step() -> u32 {
  return params.step * FRAME_STEPS;
}

fn end_step(batch_row: u32) -> u32 {
  return min(params.end, lengths[batch_row]) * FRAME_STEPS;
}

// Row of a sequence [T, B, ...] that has a step's frame.
fn frame_of(batch_row: u32, direction: u32, step: u32) -> u32 {
  return time_row_of(direction, batch_row, step / FRAME_STEPS);
}

// A step's number in its frame.
fn place_of(batch_row: u32, row: u32, direction: u32, step: u32) -> u32 {
  return row * FRAME_STEPS + step % FRAME_STEPS;
}

// First element in `state` of a row's block before a step.
fn block_row(block_index: u32, batch_row: u32, row: u32, direction: u32, step: u32) -> u32 {
  let before = (block_index * NUM_DIRECTIONS + direction) * padded(ROWS * HIDDEN_SIZE);
  return state_of(batch_row, step / FRAME_STEPS) + before + row * HIDDEN_SIZE;
}

fn state_before(i: u32, block_index: u32, direction: u32, unit: u32) -> f32 {
  return state[i];
}
