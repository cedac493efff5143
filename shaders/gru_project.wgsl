// Input projection of a GRU layer for all rows of all steps at once: W x + b, hoisted out of the time loop.
// Each invocation makes a tile of eight rows by four gate rows.
//
//   projection[row, g] = scale[g] * sum over k of weight[g, k] * input[row, k] + bias[g]
//
// WeightTile and columns_of come from lib/tile.wgsl.
// Dispatch [ceil(GATE_ROWS / 4 / WORKGROUP_SIZE), ceil(rows / 8), 1]; `input` and `projection` have room for seven
// rows more than there are.
// CPU twin: src/reference/gruProject.ts

override WORKGROUP_SIZE: u32;
override INPUT_SIZE: u32;
override GATE_ROWS: u32; // 3 H D

struct Params {
  first_row: u32, // of this dispatch
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<vec4f>;            // [T, B, I/4]
@group(0) @binding(2) var<storage, read> weight: array<WeightTile>;      // [D 3H/4, I/4], rzn, see lib/tile.wgsl
@group(0) @binding(3) var<storage, read> bias: array<vec4f>;             // [2, D 3H/4]: the bias, then the scale of each row
@group(0) @binding(4) var<storage, read_write> projection: array<vec4f>; // [T, B, D 3H/4]

@compute @workgroup_size(WORKGROUP_SIZE)
fn gru_project(@builtin(global_invocation_id) global_id: vec3u) {
  let input_quads = (INPUT_SIZE + 3) / 4;
  let gate_quads = (GATE_ROWS + 3) / 4;
  let quad = global_id.x;
  if (quad >= gate_quads) {
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
  var x = row * input_quads;
  for (var k = 0u; k < input_quads; k++) {
    let columns = columns_of(weight[quad * input_quads + k]);
    sum_0 += input[x] * columns;
    sum_1 += input[x + input_quads] * columns;
    sum_2 += input[x + 2 * input_quads] * columns;
    sum_3 += input[x + 3 * input_quads] * columns;
    sum_4 += input[x + 4 * input_quads] * columns;
    sum_5 += input[x + 5 * input_quads] * columns;
    sum_6 += input[x + 6 * input_quads] * columns;
    sum_7 += input[x + 7 * input_quads] * columns;
    x++;
  }
  let scale = bias[gate_quads + quad];
  let p = row * gate_quads + quad;
  projection[p] = sum_0 * scale + bias[quad];
  projection[p + gate_quads] = sum_1 * scale + bias[quad];
  projection[p + 2 * gate_quads] = sum_2 * scale + bias[quad];
  projection[p + 3 * gate_quads] = sum_3 * scale + bias[quad];
  projection[p + 4 * gate_quads] = sum_4 * scale + bias[quad];
  projection[p + 5 * gate_quads] = sum_5 * scale + bias[quad];
  projection[p + 6 * gate_quads] = sum_6 * scale + bias[quad];
  projection[p + 7 * gate_quads] = sum_7 * scale + bias[quad];
}
