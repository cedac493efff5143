// One step of a simple recurrent layer, for every batch row and direction: h' = f(x + R h + c), where x = W x + b is the input
// projection. An invocation makes one unit of one row. A row that is past its length keeps its state.
// Dispatch [ceil(HIDDEN_SIZE / WORKGROUP_SIZE), B, D].
// CPU twin: src/layers/rnn.ts

override WORKGROUP_SIZE: u32;
override FUNCTION: u32;
override ALPHA: f32;
override BETA: f32;

@group(0) @binding(3) var<storage, read> projection: array<f32>;              // [T, B, D H], rows padded
@group(0) @binding(4) var<storage, read> recurrent_weight: array<WeightVec4>; // [D H/4, H/4] tiles, see lib/tile.wgsl
@group(0) @binding(5) var<storage, read> recurrent_bias: array<f32>;          // [2, D H]: c, then the scale of each row, padded

@compute @workgroup_size(WORKGROUP_SIZE)
fn rnn_step(@builtin(global_invocation_id) global_id: vec3u) {
  let unit = global_id.x;
  let row = global_id.y;
  let direction = global_id.z;
  if (unit >= HIDDEN_SIZE || params.step >= lengths[row]) {
    return;
  }
  let rows = padded(NUM_DIRECTIONS * HIDDEN_SIZE);
  let unit_row = direction * HIDDEN_SIZE + unit;
  let start = state_start(direction, row, params.step);
  var w = row_start(unit_row, HIDDEN_VEC4S);
  var sum = 0.0; // R h, before the scale
  for (var k = 0u; k < HIDDEN_VEC4S; k++) {
    sum += dot(unpack(recurrent_weight[w]), state_vec4(start, k));
    w += TO_NEXT;
  }
  let recurrent = sum * recurrent_bias[rows + unit_row] + recurrent_bias[unit_row];
  let x = projection[time_row_of(direction, row, params.step) * rows + unit_row];
  write_step(direction, row, unit, activate(FUNCTION, ALPHA, BETA, x + recurrent));
}
