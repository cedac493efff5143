// The largest element, or the mean, of windows along time and two inner axes of each row. An invocation makes one output.
//
//   output[row, c, p] = max over t, k of frame(row, t)[c, at(p, k)]
//
// frame_under comes from lib/frame_own.wgsl, or with a window along time from lib/frame_past.wgsl or lib/frame_whole.wgsl;
// row_at and column_at from lib/window_under.wgsl.
// Dispatch [ceil(outputs / WORKGROUP_SIZE), rows, 1].
// CPU twin: src/layers/pool.ts

override WORKGROUP_SIZE: u32;
override CHANNELS: u32;
override IS_MEAN: bool;
override COUNTS_PADDING: bool;

@group(0) @binding(1) var<storage, read> input: array<f32>;        // [rows, C, R, S], rows padded
@group(0) @binding(2) var<storage, read_write> output: array<f32>; // [rows, C, R', S'], rows padded

override FRAME_SIZE: u32 = CHANNELS * INPUT_ROWS * INPUT_COLUMNS;

@compute @workgroup_size(WORKGROUP_SIZE)
fn pool(@builtin(global_invocation_id) global_id: vec3u, @builtin(num_workgroups) num_workgroups: vec3u) {
  if (global_id.y < params.batch_size) {
    keep_past(global_id.y, global_id.x, num_workgroups.x * WORKGROUP_SIZE);
  }
  let positions = OUTPUT_ROWS * OUTPUT_COLUMNS;
  let channel = global_id.x / positions;
  if (channel >= CHANNELS) {
    return;
  }
  let row = params.first_row + global_id.y;
  let out_row = global_id.x % positions / OUTPUT_COLUMNS;
  let out_column = global_id.x % OUTPUT_COLUMNS;
  let start = channel * INPUT_ROWS * INPUT_COLUMNS;

  var count = 0u;
  var sum = 0.0;
  var largest = 0.0;
  for (var t = 0u; t < TIME_KERNEL; t++) {
    let frame = frame_under(row, t);
    for (var i = 0u; i < KERNEL_ROWS; i++) {
      let in_row = row_at(out_row, i);
      for (var j = 0u; j < KERNEL_COLUMNS; j++) {
        let in_column = column_at(out_column, j);
        if (!is_there(frame) || in_row == NOWHERE || in_column == NOWHERE) {
          continue;
        }
        let x = element_of(frame, start + in_row * INPUT_COLUMNS + in_column);
        largest = select(largest, x, count == 0 || x > largest || is_nan(x));
        sum += x;
        count++;
      }
    }
  }
  let number = select(count, TIME_KERNEL * KERNEL_ROWS * KERNEL_COLUMNS, COUNTS_PADDING);
  output[row * padded(CHANNELS * positions) + global_id.x] = select(largest, sum / f32(number), IS_MEAN);
}
