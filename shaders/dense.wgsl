// Dense layer, row by row: activation(W x + b). Each invocation makes four outputs of one row.
//
//   output[row, o] = activate(scale[o] * sum over k of weight[o, k] * input[row, k] + bias[o])
//
// WeightTile and columns_of come from lib/tile.wgsl, activate from lib/activations.wgsl.
// Dispatch [ceil(OUTPUT_SIZE / 4 / WORKGROUP_SIZE), rows, 1].
// CPU twin: src/layers/dense.ts

override WORKGROUP_SIZE: u32;
override INPUT_SIZE: u32;
override OUTPUT_SIZE: u32;
override GROUPS: u32; // of the features and of the outputs; more than one where each has whole vec4s
override FUNCTION: u32;
override ALPHA: f32;
override BETA: f32;

@group(0) @binding(1) var<storage, read> input: array<vec4f>;        // [rows, I/4]
@group(0) @binding(2) var<storage, read> weight: array<WeightTile>;  // [O/4, I/G/4], see lib/tile.wgsl
@group(0) @binding(3) var<storage, read> bias: array<vec4f>;         // [2, O/4]: the bias, then the scale of each row
@group(0) @binding(4) var<storage, read_write> output: array<vec4f>; // [rows, O/4]

@compute @workgroup_size(WORKGROUP_SIZE)
fn dense(@builtin(global_invocation_id) global_id: vec3u) {
  let input_vec4s = vec4s(INPUT_SIZE);
  let output_vec4s = vec4s(OUTPUT_SIZE);
  let four = global_id.x;
  if (four >= output_vec4s) {
    return;
  }
  let row = params.first_row + global_id.y;
  let group_vec4s = vec4s(INPUT_SIZE / GROUPS);
  let first = row * input_vec4s + 4 * four / (OUTPUT_SIZE / GROUPS) * group_vec4s;
  var sum = vec4f();
  for (var k = 0u; k < group_vec4s; k++) {
    sum += input[first + k] * columns_of(weight[four * group_vec4s + k]);
  }
  let x = sum * bias[output_vec4s + four] + bias[four];
  let y = vec4f(
    activate(FUNCTION, ALPHA, BETA, x.x),
    activate(FUNCTION, ALPHA, BETA, x.y),
    activate(FUNCTION, ALPHA, BETA, x.z),
    activate(FUNCTION, ALPHA, BETA, x.w),
  );
  // The padding stays zero, whatever the activation makes of it and whatever is not finite in the row.
  let is_output = 4 * four + vec4u(0, 1, 2, 3) < vec4u(OUTPUT_SIZE);
  output[row * output_vec4s + four] = select(vec4f(), y, is_output);
}
