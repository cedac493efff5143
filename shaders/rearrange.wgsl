// The features of each row in another order.
//
//   output[row, i] = input[row, indices[i]], or FILL where the index is -1
//
// Dispatch [ceil(OUTPUT_SIZE / WORKGROUP_SIZE), rows, 1].
// CPU twin: src/layers/rearrange.ts

override WORKGROUP_SIZE: u32;
override INPUT_SIZE: u32;
override OUTPUT_SIZE: u32;
override FILL: f32;

@group(0) @binding(1) var<storage, read> input: array<f32>;        // [rows, I], rows padded
@group(0) @binding(2) var<storage, read> indices: array<i32>;      // [O], from -1 to I - 1
@group(0) @binding(3) var<storage, read_write> output: array<f32>; // [rows, O], rows padded

@compute @workgroup_size(WORKGROUP_SIZE)
fn rearrange(@builtin(global_invocation_id) global_id: vec3u) {
  let i = global_id.x;
  if (i >= OUTPUT_SIZE) {
    return;
  }
  let row = params.first_row + global_id.y;
  let index = indices[i];
  let x = input[row * padded(INPUT_SIZE) + u32(max(index, 0))];
  output[row * padded(OUTPUT_SIZE) + i] = select(x, FILL, index < 0);
}
