// Where recurrent_persistent.wgsl begins: with the first step of its dispatch.

fn start_of(direction: u32, row: u32, local_index: u32) -> u32 {
  return params.step;
}

// Element i of the state before that step.
fn state_before(direction: u32, row: u32, start: u32, i: u32) -> f32 {
  return state[state_start(direction, row, start) + i];
}
