// The steps of a batch row, one after the other.
//
//   output[row, t * SIZE + i] = source[t, row, i]
//
// Dispatch [ceil(SEQUENCE_LENGTH * SIZE / WORKGROUP_SIZE), B, 1].
// CPU twin: src/layers/flatten.ts

override WORKGROUP_SIZE: u32;
override SIZE: u32;
override SEQUENCE_LENGTH: u32;

@group(0) @binding(0) var<storage, read> source: array<f32>;       // [T, B, S], rows padded
@group(0) @binding(1) var<storage, read_write> output: array<f32>; // [B, T S], rows padded

@compute @workgroup_size(WORKGROUP_SIZE)
fn flatten(@builtin(global_invocation_id) global_id: vec3u, @builtin(num_workgroups) num_workgroups: vec3u) {
  let i = global_id.x;
  let row = global_id.y;
  if (i >= SEQUENCE_LENGTH * SIZE) {
    return;
  }
  let time_row = i / SIZE * num_workgroups.y + row;
  output[row * padded(SEQUENCE_LENGTH * SIZE) + i] = source[time_row * padded(SIZE) + i % SIZE];
}
