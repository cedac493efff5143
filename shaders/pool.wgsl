// The largest element, or the mean, of windows along two inner axes of each row. An invocation makes one output.
//
//   output[row, c, p] = max over k of input[row, c, at(p, k)]
//
// row_at and column_at come from lib/window_under.wgsl, is_nan from lib/keep_nan.wgsl.
// Dispatch [ceil(outputs / WORKGROUP_SIZE), rows, 1].
// CPU twin: src/layers/pool.ts

override WORKGROUP_SIZE: u32;
override CHANNELS: u32;
override IS_MEAN: bool;
override COUNTS_PADDING: bool;

@group(0) @binding(1) var<storage, read> input: array<f32>;        // [rows, C, R, S], rows padded
@group(0) @binding(2) var<storage, read_write> output: array<f32>; // [rows, C, R', S'], rows padded

@compute @workgroup_size(WORKGROUP_SIZE)
fn pool(@builtin(global_invocation_id) global_id: vec3u) {
  let positions = OUTPUT_ROWS * OUTPUT_COLUMNS;
  let channel = global_id.x / positions;
  if (channel >= CHANNELS) {
    return;
  }
  let row = params.first_row + global_id.y;
  let out_row = global_id.x % positions / OUTPUT_COLUMNS;
  let out_column = global_id.x % OUTPUT_COLUMNS;
  let start = row * padded(CHANNELS * INPUT_ROWS * INPUT_COLUMNS) + channel * INPUT_ROWS * INPUT_COLUMNS;

  var count = 0u;
  var sum = 0.0;
  var largest = 0.0;
  for (var i = 0u; i < KERNEL_ROWS; i++) {
    let in_row = row_at(out_row, i);
    for (var j = 0u; j < KERNEL_COLUMNS; j++) {
      let in_column = column_at(out_column, j);
      if (in_row == NOWHERE || in_column == NOWHERE) {
        continue;
      }
      let x = input[start + in_row * INPUT_COLUMNS + in_column];
      largest = select(largest, x, count == 0 || x > largest || is_nan(x));
      sum += x;
      count++;
    }
  }
  let number = select(count, KERNEL_ROWS * KERNEL_COLUMNS, COUNTS_PADDING);
  output[row * padded(CHANNELS * positions) + global_id.x] = select(largest, sum / f32(number), IS_MEAN);
}
