// The frames that an output is made of: its own alone. Needs an `input` of rows, and FRAME_SIZE.

const TIME_KERNEL = 1u;

struct Frame {
  start: u32, // its first element in `input`
}

fn frame_under(row: u32, k: u32) -> Frame {
  return Frame(row * padded(FRAME_SIZE));
}

fn is_there(frame: Frame) -> bool {
  return true;
}

fn element_of(frame: Frame, i: u32) -> f32 {
  return input[frame.start + i];
}

fn keep_past(row: u32, first: u32, stride: u32) {
}
