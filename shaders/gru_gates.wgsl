// First half of a GRU step, reset before, for every batch row and direction: r * h and z, which all units of the second
// half read (gru_new.wgsl). An invocation makes one unit; the equations are in lib/gru.wgsl.
// Dispatch [ceil(HIDDEN_SIZE / WORKGROUP_SIZE), B, D].
// CPU twin: src/layers/gru.ts

override WORKGROUP_SIZE: u32;

@group(0) @binding(7) var<storage, read_write> gated: array<f32>; // [D, B, 2, H]: r * h, then z, rows padded

@compute @workgroup_size(WORKGROUP_SIZE)
fn gru_gates(@builtin(global_invocation_id) global_id: vec3u) {
  let unit = global_id.x;
  let row = global_id.y;
  let direction = global_id.z;
  if (unit >= HIDDEN_SIZE || params.step >= lengths[row]) {
    return;
  }
  let start = state_start(direction, row, params.step);
  var w = recurrent_row(direction, unit);
  var sums = vec3f(); // R_r h and R_z h, before the scale
  for (var k = 0u; k < HIDDEN_VEC4S; k++) {
    let h = state_vec4(start, k);
    sums.x += dot(unpack(recurrent_weight[w]), h);
    sums.y += dot(unpack(recurrent_weight[w + TO_GATE]), h);
    w += TO_NEXT;
  }
  let rows = gate_rows(direction, unit);
  let x = projected(time_row_of(direction, row, params.step), rows);
  let recurrent = biased(sums, rows);
  let gated_start = 8 * HIDDEN_VEC4S * (direction * params.batch_size + row);
  gated[gated_start + unit] = gate(x.x, recurrent.x) * state[start + unit];
  gated[gated_start + 4 * HIDDEN_VEC4S + unit] = gate(x.y, recurrent.y);
}
