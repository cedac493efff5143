// Normalisation over the features of each group of a row. One workgroup makes one group.
//
//   output[row, i] = (x_i - mean(x)) / sqrt(mean((x - mean(x))^2) + EPSILON) * scale_i + bias_i
//   output[row, i] = x_i / sqrt(mean(x^2) + EPSILON) * scale_i + bias_i                          unless IS_CENTRED
//
// Dispatch [rows, groups, 1].
// CPU twin: src/layers/norm.ts

override WORKGROUP_SIZE: u32; // a power of two
override INPUT_SIZE: u32;
override GROUP_SIZE: u32;
override IS_CENTRED: bool;
override EPSILON: f32;

@group(0) @binding(1) var<storage, read> input: array<f32>;        // [rows, I], rows padded
@group(0) @binding(2) var<storage, read> affine: array<f32>;       // [2, I], padded: the bias, then the scale
@group(0) @binding(3) var<storage, read_write> output: array<f32>; // [rows, I], rows padded

@compute @workgroup_size(WORKGROUP_SIZE)
fn norm(@builtin(workgroup_id) workgroup_id: vec3u, @builtin(local_invocation_index) local_index: u32) {
  let column = workgroup_id.y * GROUP_SIZE;
  let start = (params.first_row + workgroup_id.x) * padded(INPUT_SIZE) + column;

  // Differences from the first feature keep their digits where features are large and alike; the mean is theirs.
  let first = select(0.0, input[start], IS_CENTRED);
  var sum = 0.0;
  for (var i = local_index; i < GROUP_SIZE; i += WORKGROUP_SIZE) {
    sum += input[start + i] - first;
  }
  let mean = select(0.0, workgroup_sum(sum, local_index) / f32(GROUP_SIZE), IS_CENTRED);

  var squares = 0.0;
  for (var i = local_index; i < GROUP_SIZE; i += WORKGROUP_SIZE) {
    let difference = input[start + i] - first - mean;
    squares += difference * difference;
  }
  let deviation = sqrt(workgroup_sum(squares, local_index) / f32(GROUP_SIZE) + EPSILON);

  for (var i = local_index; i < GROUP_SIZE; i += WORKGROUP_SIZE) {
    let scale = affine[padded(INPUT_SIZE) + column + i];
    output[start + i] = (input[start + i] - first - mean) / deviation * scale + affine[column + i];
  }
}
