// Copies one source of a concatenation into its columns, for every row.
//
//   output[row, FIRST_COLUMN + column] = source[row, column]
//
// Dispatch [ceil(SOURCE_SIZE / WORKGROUP_SIZE), rows, 1], once for each source.
// CPU twin: test/harness/reference/runReference.ts

override WORKGROUP_SIZE: u32;
override SOURCE_SIZE: u32;
override OUTPUT_SIZE: u32;
override FIRST_COLUMN: u32;

@group(0) @binding(1) var<storage, read> source: array<f32>;       // [rows, S], rows padded
@group(0) @binding(2) var<storage, read_write> output: array<f32>; // [rows, O], rows padded

@compute @workgroup_size(WORKGROUP_SIZE)
fn concat(@builtin(global_invocation_id) global_id: vec3u) {
  let column = global_id.x;
  if (column >= SOURCE_SIZE) {
    return;
  }
  let row = params.first_row + global_id.y;
  let source_stride = padded(SOURCE_SIZE);
  let output_stride = padded(OUTPUT_SIZE);
  output[row * output_stride + FIRST_COLUMN + column] = source[row * source_stride + column];
}
