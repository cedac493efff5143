// A convolution along time and two inner axes of each row. An invocation makes one output.
//
//   output[row, o, p] = activate(scale[o] * sum over c, t, k of weight[o, c, t, k] * frame(row, t)[c, at(p, k)] + bias[o])
//
// frame_under comes from lib/frame_own.wgsl, or with a window along time from lib/frame_past.wgsl or lib/frame_whole.wgsl;
// row_at and column_at from lib/window_under.wgsl, or transposed from lib/window_over.wgsl.
// Dispatch [ceil(outputs / WORKGROUP_SIZE), rows, 1].
// CPU twin: src/layers/conv.ts

override WORKGROUP_SIZE: u32;
override CHANNELS: u32;
override OUTPUT_CHANNELS: u32;
override GROUPS: u32;
override FUNCTION: u32;
override ALPHA: f32;
override BETA: f32;

@group(0) @binding(1) var<storage, read> input: array<f32>;         // [rows, C, R, S], rows padded
@group(0) @binding(2) var<storage, read> weight: array<WeightVec4>; // [O/4, C/groups K/4] tiles, see lib/tile.wgsl
@group(0) @binding(3) var<storage, read> bias: array<f32>;          // [2, O]: the bias, then the scale of each row, padded
@group(0) @binding(4) var<storage, read_write> output: array<f32>;  // [rows, O, R', S'], rows padded

override FRAME_SIZE: u32 = CHANNELS * INPUT_ROWS * INPUT_COLUMNS;

@compute @workgroup_size(WORKGROUP_SIZE)
fn conv(@builtin(global_invocation_id) global_id: vec3u, @builtin(num_workgroups) num_workgroups: vec3u) {
  if (global_id.y < params.batch_size) {
    keep_past(global_id.y, global_id.x, num_workgroups.x * WORKGROUP_SIZE);
  }
  let positions = OUTPUT_ROWS * OUTPUT_COLUMNS;
  let out_channel = global_id.x / positions;
  if (out_channel >= OUTPUT_CHANNELS) {
    return;
  }
  let row = params.first_row + global_id.y;
  let out_row = global_id.x % positions / OUTPUT_COLUMNS;
  let out_column = global_id.x % OUTPUT_COLUMNS;
  let group_channels = CHANNELS / GROUPS;
  let first_channel = out_channel / (OUTPUT_CHANNELS / GROUPS) * group_channels;
  let kernel = KERNEL_ROWS * KERNEL_COLUMNS;
  let weights = row_start(out_channel, vec4s(group_channels * TIME_KERNEL * kernel));

  var sum = 0.0;
  for (var t = 0u; t < TIME_KERNEL; t++) {
    let frame = frame_under(row, t);
    if (!is_there(frame)) {
      continue;
    }
    for (var c = 0u; c < group_channels; c++) {
      var part = 0.0; // of a channel: in a long sum of all, small terms would be lost
      var k = (c * TIME_KERNEL + t) * kernel;
      for (var i = 0u; i < KERNEL_ROWS; i++) {
        let in_row = row_at(out_row, i);
        let start = ((first_channel + c) * INPUT_ROWS + in_row) * INPUT_COLUMNS;
        for (var j = 0u; j < KERNEL_COLUMNS; j++) {
          let in_column = column_at(out_column, j);
          if (in_row != NOWHERE && in_column != NOWHERE) {
            part += unpack(weight[weights + k / 4 * TO_NEXT])[k % 4] * element_of(frame, start + in_column);
          }
          k++;
        }
      }
      sum += part;
    }
  }
  let x = sum * bias[padded(OUTPUT_CHANNELS) + out_channel] + bias[out_channel];
  output[row * padded(OUTPUT_CHANNELS * positions) + global_id.x] = activate(FUNCTION, ALPHA, BETA, x);
}
