// Where recurrent_persistent.wgsl goes on after recurrent_cooperative.wgsl: with the first step that some workgroup waited for in vain,
// if there is one. All workgroups have made the step before it, whose output is the state; the first step waits for nothing.

// Rows of this chunk that were resumed, then for each direction and row ~step of where to go on, or 0. Read once.
@group(0) @binding(8) var<storage, read_write> status: array<atomic<u32>>; // [1 + D B]

var<workgroup> resumed_start: u32;

fn start_of(direction: u32, row: u32, local_index: u32) -> u32 {
  if (local_index == 0) {
    let late = atomicExchange(&status[1 + direction * params.batch_size + row], 0);
    resumed_start = select(~late, params.end, late == 0);
    atomicAdd(&status[0], min(late, 1));
  }
  return workgroupUniformLoad(&resumed_start);
}

// Element i of the state before that step; zero in the padding.
fn state_before(direction: u32, row: u32, start: u32, i: u32) -> f32 {
  if (i >= HIDDEN_SIZE) {
    return 0.0;
  }
  return output[output_start(direction, time_row_of(direction, row, start - 1)) + i];
}
