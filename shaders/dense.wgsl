// Dense layer, row by row: activation(W x + b). Each invocation makes four outputs of one row.
//
//   output[row, o] = activate(sum over k of weight[o, k] * input[row, k] + bias[o])
//
// `activate` comes from lib/activate_*.wgsl.
// Dispatch [ceil(OUTPUT_SIZE / 4 / WORKGROUP_SIZE), rows, 1].
// CPU twin: src/reference/dense.ts

override WORKGROUP_SIZE: u32;
override INPUT_SIZE: u32;
override OUTPUT_SIZE: u32;

@group(0) @binding(0) var<storage, read> input: array<vec4f>;        // [rows, I/4]
@group(0) @binding(1) var<storage, read> weight: array<vec4f>;       // [O, I/4], O padded to a multiple of 4
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;         // [O/4]
@group(0) @binding(3) var<storage, read_write> output: array<vec4f>; // [rows, O/4]

@compute @workgroup_size(WORKGROUP_SIZE)
fn dense(@builtin(global_invocation_id) global_id: vec3u) {
  let input_quads = (INPUT_SIZE + 3) / 4;
  let output_quads = (OUTPUT_SIZE + 3) / 4;
  let quad = global_id.x;
  if (quad >= output_quads) {
    return;
  }
  let row = global_id.y;
  var sum = vec4f();
  var w = 4 * quad * input_quads;
  for (var k = 0u; k < input_quads; k++) {
    let x = input[row * input_quads + k];
    let columns = mat4x4f(weight[w], weight[w + input_quads], weight[w + 2 * input_quads], weight[w + 3 * input_quads]);
    sum += x * columns;
    w++;
  }
  sum += bias[quad];
  output[row * output_quads + quad] = vec4f(activate(sum.x), activate(sum.y), activate(sum.z), activate(sum.w));
}
