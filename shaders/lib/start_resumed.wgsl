// Where gru_resident.wgsl goes on after gru_chained.wgsl: with the first step that some workgroup waited for in vain, if
// there is one. All have made the step before it, whose output is the state; the first step of a dispatch waits for none.

// Walks of this chunk that were resumed, then for each direction and row ~step of where to go on, or 0. Read once.
@group(0) @binding(8) var<storage, read_write> status: array<atomic<u32>>; // [1 + D B]

var<workgroup> resumed_start: u32;

fn start_of(row: u32, direction: u32, batch_size: u32, local_index: u32) -> u32 {
  if (local_index == 0) {
    let late = atomicExchange(&status[1 + direction * batch_size + row], 0);
    resumed_start = select(~late, params.end, late == 0);
    atomicAdd(&status[0], min(late, 1));
  }
  return workgroupUniformLoad(&resumed_start);
}

// Element i of the state before that step; zero where it pads a row.
fn state_before(start: u32, row: u32, direction: u32, batch_size: u32, i: u32) -> f32 {
  if (i >= HIDDEN_SIZE) {
    return 0.0;
  }
  let time_row = time_of(direction, start - 1, lengths[row]) * batch_size + row;
  return output[time_row * ((NUM_DIRECTIONS * HIDDEN_SIZE + 3) / 4 * 4) + direction * HIDDEN_SIZE + i];
}
