// Input projection of a recurrent layer for all rows of all steps at once: W x + b, hoisted out of the time loop.
// Each invocation makes a tile of eight rows by four gate rows.
//
//   projection[row, g] = scale[g] * sum over k of weight[g, k] * input[row, k] + bias[g]
//
// WeightTile and columns_of come from lib/tile.wgsl.
// Dispatch [ceil(GATE_ROWS / 4 / WORKGROUP_SIZE), ceil(rows / 8), 1]; `input` and `projection` have room for seven
// rows more than there are.
// CPU twins: src/layers/gru.ts, src/layers/lstm.ts, src/layers/rnn.ts

override WORKGROUP_SIZE: u32;
override INPUT_SIZE: u32;
override GATE_ROWS: u32; // D G H

@group(0) @binding(1) var<storage, read> input: array<vec4f>;            // [T, B, I/4]
@group(0) @binding(2) var<storage, read> weight: array<WeightTile>;      // [D G H/4, I/4], see lib/tile.wgsl
@group(0) @binding(3) var<storage, read> bias: array<vec4f>;             // [2, D G H/4]: the bias, then the scale of each row
@group(0) @binding(4) var<storage, read_write> projection: array<vec4f>; // [T, B, D G H/4]

@compute @workgroup_size(WORKGROUP_SIZE)
fn recurrent_project(@builtin(global_invocation_id) global_id: vec3u) {
  let input_vec4s = vec4s(INPUT_SIZE);
  let gate_vec4s = vec4s(GATE_ROWS);
  let four = global_id.x;
  if (four >= gate_vec4s) {
    return;
  }
  let row = params.first_row + 8 * global_id.y;
  var sum_0 = vec4f();
  var sum_1 = vec4f();
  var sum_2 = vec4f();
  var sum_3 = vec4f();
  var sum_4 = vec4f();
  var sum_5 = vec4f();
  var sum_6 = vec4f();
  var sum_7 = vec4f();
  var x = row * input_vec4s;
  for (var k = 0u; k < input_vec4s; k++) {
    let columns = columns_of(weight[four * input_vec4s + k]);
    sum_0 += input[x] * columns;
    sum_1 += input[x + input_vec4s] * columns;
    sum_2 += input[x + 2 * input_vec4s] * columns;
    sum_3 += input[x + 3 * input_vec4s] * columns;
    sum_4 += input[x + 4 * input_vec4s] * columns;
    sum_5 += input[x + 5 * input_vec4s] * columns;
    sum_6 += input[x + 6 * input_vec4s] * columns;
    sum_7 += input[x + 7 * input_vec4s] * columns;
    x++;
  }
  let scale = bias[gate_vec4s + four];
  let p = row * gate_vec4s + four;
  projection[p] = sum_0 * scale + bias[four];
  projection[p + gate_vec4s] = sum_1 * scale + bias[four];
  projection[p + 2 * gate_vec4s] = sum_2 * scale + bias[four];
  projection[p + 3 * gate_vec4s] = sum_3 * scale + bias[four];
  projection[p + 4 * gate_vec4s] = sum_4 * scale + bias[four];
  projection[p + 5 * gate_vec4s] = sum_5 * scale + bias[four];
  projection[p + 6 * gate_vec4s] = sum_6 * scale + bias[four];
  projection[p + 7 * gate_vec4s] = sum_7 * scale + bias[four];
}
