// Where gru_resident.wgsl begins: with the first step of its dispatch.

fn start_of(row: u32, direction: u32, batch_size: u32, local_index: u32) -> u32 {
  return params.step;
}

// Element i of the state before that step.
fn state_before(start: u32, row: u32, direction: u32, batch_size: u32, i: u32) -> f32 {
  return state[state_start(places[row], start, direction) + i];
}
