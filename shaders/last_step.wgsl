// Each batch row's last step of a sequence: the one at its length, and for columns that a reverse direction made,
// if so wanted, the one at its start. A row of length 0 is left as it is.
//
//   output[row, column] = source[time(row, column), row, column]
//
// Dispatch [ceil(SIZE / WORKGROUP_SIZE), B, 1].
// CPU twin: src/layers/last.ts

override WORKGROUP_SIZE: u32;
override SIZE: u32;
override PART_SIZE: u32;             // columns of each part of a frame
override FIRST_COLUMN_AT_START: u32; // of these, columns from this one on are taken at the batch row's start

@group(0) @binding(0) var<storage, read> lengths: array<u32>;      // [B]
@group(0) @binding(1) var<storage, read> source: array<f32>;       // [T, B, S], rows padded
@group(0) @binding(2) var<storage, read_write> output: array<f32>; // [B, S], rows padded

@compute @workgroup_size(WORKGROUP_SIZE)
fn last_step(@builtin(global_invocation_id) global_id: vec3u, @builtin(num_workgroups) num_workgroups: vec3u) {
  let column = global_id.x;
  let row = global_id.y;
  if (column >= SIZE || lengths[row] == 0) {
    return;
  }
  let batch_size = num_workgroups.y;
  let time = select(lengths[row] - 1, 0, column % PART_SIZE >= FIRST_COLUMN_AT_START);
  let stride = padded(SIZE);
  output[row * stride + column] = source[(time * batch_size + row) * stride + column];
}
