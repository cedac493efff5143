// A block of the state that each batch row has after its steps of a chunk. That of a row without steps stays the same.
//
//   output[row] = state(row, lengths[row])
//
// Dispatch [ceil(SIZE / WORKGROUP_SIZE), B, 1].
// CPU twin: src/layers/last.ts

override WORKGROUP_SIZE: u32;
override SIZE: u32;      // D columns of PART_SIZE
override PART_SIZE: u32; // of one direction
override START: u32;     // of the block in the layer's state

@group(0) @binding(3) var<storage, read> state: array<f32>;        // [slots, 2, S], from the layer's on
@group(0) @binding(4) var<storage, read_write> output: array<f32>; // [B, SIZE], rows padded

@compute @workgroup_size(WORKGROUP_SIZE)
fn last_state(@builtin(global_invocation_id) global_id: vec3u) {
  let i = global_id.x;
  let row = global_id.y;
  if (i >= SIZE) {
    return;
  }
  let place = state_of(row, lengths[row]) + START + i / PART_SIZE * padded(PART_SIZE) + i % PART_SIZE;
  output[row * padded(SIZE) + i] = state[place];
}
