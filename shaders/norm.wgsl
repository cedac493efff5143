// Layer normalisation over the features of each row. One workgroup makes one row.
//
//   output[row, i] = (x_i - mean(x)) / sqrt(mean((x - mean(x))^2) + EPSILON) * scale_i + bias_i
//
// Dispatch [rows, 1, 1].
// CPU twin: src/layers/norm.ts

override WORKGROUP_SIZE: u32; // a power of two
override INPUT_SIZE: u32;
override EPSILON: f32;

@group(0) @binding(1) var<storage, read> input: array<f32>;        // [rows, I], rows padded
@group(0) @binding(2) var<storage, read> affine: array<f32>;       // [2, I], padded: the bias, then the scale
@group(0) @binding(3) var<storage, read_write> output: array<f32>; // [rows, I], rows padded

@compute @workgroup_size(WORKGROUP_SIZE)
fn norm(@builtin(workgroup_id) workgroup_id: vec3u, @builtin(local_invocation_index) local_index: u32) {
  let row = (params.first_row + workgroup_id.x) * padded(INPUT_SIZE);

  // Differences from the first feature keep their digits where features are large and alike; the mean is theirs.
  let first = input[row];
  var sum = 0.0;
  for (var i = local_index; i < INPUT_SIZE; i += WORKGROUP_SIZE) {
    sum += input[row + i] - first;
  }
  let mean = workgroup_sum(sum, local_index) / f32(INPUT_SIZE);

  var squares = 0.0;
  for (var i = local_index; i < INPUT_SIZE; i += WORKGROUP_SIZE) {
    let difference = input[row + i] - first - mean;
    squares += difference * difference;
  }
  let deviation = sqrt(workgroup_sum(squares, local_index) / f32(INPUT_SIZE) + EPSILON);

  for (var i = local_index; i < INPUT_SIZE; i += WORKGROUP_SIZE) {
    output[row + i] = (input[row + i] - first - mean) / deviation * affine[padded(INPUT_SIZE) + i] + affine[i];
  }
}
