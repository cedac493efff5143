// One step of an LSTM layer, for every batch row and direction: h and c of step t-1 -> those of t; the equations are in
// lib/lstm.wgsl. An invocation makes one unit of one row. A row that is past its length keeps its state.
// Dispatch [ceil(HIDDEN_SIZE / WORKGROUP_SIZE), B, D].
// CPU twin: src/layers/lstm.ts

override WORKGROUP_SIZE: u32;

@group(0) @binding(3) var<storage, read> projection: array<f32>;              // [T, B, D 4H], rows padded
@group(0) @binding(4) var<storage, read> recurrent_weight: array<WeightVec4>; // [D 4H/4, H/4] tiles, see lib/tile.wgsl
@group(0) @binding(5) var<storage, read> recurrent_bias: array<f32>;          // [2, D 4H]: the bias, then the scale of each row

@compute @workgroup_size(WORKGROUP_SIZE)
fn lstm_step(@builtin(global_invocation_id) global_id: vec3u) {
  let unit = global_id.x;
  let row = global_id.y;
  let direction = global_id.z;
  if (unit >= HIDDEN_SIZE || params.step >= lengths[row]) {
    return;
  }
  let start = state_start(direction, row, params.step);
  let first = direction * 4 * HIDDEN_SIZE + unit;
  let rows = vec4u(first, first + HIDDEN_SIZE, first + 2 * HIDDEN_SIZE, first + 3 * HIDDEN_SIZE);
  var w = rows / 4 * HIDDEN_VEC4S * 4 + rows % 4;
  var sums = vec4f(); // R h, before the scale
  for (var k = 0u; k < HIDDEN_VEC4S; k++) {
    let h = state_vec4(start, k);
    sums += vec4f(
      dot(unpack(recurrent_weight[w.x]), h),
      dot(unpack(recurrent_weight[w.y]), h),
      dot(unpack(recurrent_weight[w.z]), h),
      dot(unpack(recurrent_weight[w.w]), h),
    );
    w += TO_NEXT;
  }
  let scale = rows + padded(NUM_DIRECTIONS * 4 * HIDDEN_SIZE);
  let recurrent = sums * four_of_bias(scale) + four_of_bias(rows);
  let time_row = time_row_of(direction, row, params.step);
  let x = time_row * padded(NUM_DIRECTIONS * 4 * HIDDEN_SIZE) + rows;
  let cells = NUM_DIRECTIONS * 4 * HIDDEN_VEC4S; // elements from h to c
  let after = step_lstm(
    vec4f(projection[x.x], projection[x.y], projection[x.z], projection[x.w]),
    recurrent,
    state[start + cells + unit],
  );
  state[state_start(direction, row, params.step + 1) + cells + unit] = after.y;
  write_step(direction, row, unit, after.x);
}

fn four_of_bias(i: vec4u) -> vec4f {
  return vec4f(recurrent_bias[i.x], recurrent_bias[i.y], recurrent_bias[i.z], recurrent_bias[i.w]);
}
