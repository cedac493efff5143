// Softmax, or its logarithm, over each row. One workgroup makes one row.
//
//   output[row, o] = normalize(x_o - max(x) - log(sum over k of exp(x_k - max(x))))
//
// `normalize` is exp or nothing: lib/normalize_softmax.wgsl, lib/normalize_log_softmax.wgsl. safe_exp and safe_log come
// from lib/keep_nan.wgsl.
// Dispatch [rows, 1, 1].
// CPU twin: src/layers/float64.ts

override WORKGROUP_SIZE: u32; // a power of two
override OUTPUT_SIZE: u32;

@group(0) @binding(1) var<storage, read> logits: array<f32>;       // [rows, O], rows padded
@group(0) @binding(2) var<storage, read_write> output: array<f32>; // [rows, O], rows padded

@compute @workgroup_size(WORKGROUP_SIZE)
fn softmax(@builtin(workgroup_id) workgroup_id: vec3u, @builtin(local_invocation_index) local_index: u32) {
  let row = (params.first_row + workgroup_id.x) * padded(OUTPUT_SIZE);

  var largest = -3.4028234e38; // the lowest f32
  for (var i = local_index; i < OUTPUT_SIZE; i += WORKGROUP_SIZE) {
    largest = max(largest, logits[row + i]);
  }
  largest = workgroup_max(largest, local_index);

  var sum = 0.0;
  for (var i = local_index; i < OUTPUT_SIZE; i += WORKGROUP_SIZE) {
    sum += safe_exp(logits[row + i] - largest); // NaN where any is, though max need not be
  }
  let log_sum = safe_log(workgroup_sum(sum, local_index));

  for (var i = local_index; i < OUTPUT_SIZE; i += WORKGROUP_SIZE) {
    output[row + i] = normalize(logits[row + i] - largest - log_sum);
  }
}
