// The frames that an output is made of: those of its window along time, of which a chunk's first ones are in the state. Needs
// an `input` of rows, FRAME_SIZE, and lib/past_bindings_*.wgsl. Frames are counted from the oldest one of the state.

override TIME_KERNEL: u32;
override TIME_DILATION: u32;
override TIME_STRIDE: u32;
override PAST: u32;       // frames of the state
override STATE_SIZE: u32; // S: elements of one state of all layers, rows padded

struct Frame {
  is_past: bool,
  start: u32, // its first element in `state`, or in `input`
}

fn frame_under(row: u32, k: u32) -> Frame {
  return frame_at(row % params.batch_size, row / params.batch_size * TIME_STRIDE + k * TIME_DILATION);
}

fn frame_at(row: u32, frame: u32) -> Frame {
  if (frame < PAST) {
    return Frame(true, slots[row] * STATE_SIZE + frame * FRAME_SIZE);
  }
  return Frame(false, ((frame - PAST) * params.batch_size + row) * padded(FRAME_SIZE));
}

fn is_there(frame: Frame) -> bool {
  return true;
}

fn element_of(frame: Frame, i: u32) -> f32 {
  if (frame.is_past) {
    return state[frame.start + i];
  }
  return input[frame.start + i];
}

// Writes the last frames of a row to the other one of its slot's two states: every `stride`-th element from `first` on.
fn keep_past(row: u32, first: u32, stride: u32) {
  let next = (slots[row] ^ 1) * STATE_SIZE;
  for (var i = first; i < PAST * FRAME_SIZE; i += stride) {
    state[next + i] = element_of(frame_at(row, lengths[row] + i / FRAME_SIZE), i % FRAME_SIZE);
  }
}
