// The frames that an output is made of: those of its window along time, of sequences that are there as a whole. Needs an
// `input` of rows, FRAME_SIZE, and lib/lengths_binding_*.wgsl.

override TIME_KERNEL: u32;
override TIME_DILATION: u32;
override TIME_STRIDE: u32;
override FRAMES_BEFORE: u32; // of padding
override IS_SAME: bool;      // whether padding makes a step for each TIME_STRIDE frames instead, as much before as after

struct Frame {
  is_there: bool,
  start: u32, // its first element in `input`
}

fn frame_under(row: u32, k: u32) -> Frame {
  let length = lengths[row % params.batch_size];
  let frame = row / params.batch_size * TIME_STRIDE + k * TIME_DILATION - frames_before(length); // wraps round before the first
  return Frame(frame < length, (frame * params.batch_size + row % params.batch_size) * padded(FRAME_SIZE));
}

// As paddingOf in src/layers/timeWindow.ts.
fn frames_before(length: u32) -> u32 {
  let covered = (length + TIME_STRIDE - 1) / TIME_STRIDE * TIME_STRIDE - TIME_STRIDE + (TIME_KERNEL - 1) * TIME_DILATION + 1;
  return select(FRAMES_BEFORE, (max(covered, length) - length) / 2, IS_SAME);
}

fn is_there(frame: Frame) -> bool {
  return frame.is_there;
}

fn element_of(frame: Frame, i: u32) -> f32 {
  return input[frame.start + i];
}

fn keep_past(row: u32, first: u32, stride: u32) {
}
