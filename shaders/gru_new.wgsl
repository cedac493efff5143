// Second half of a GRU step, reset before, for every batch row and direction: n and h', from what gru_gates.wgsl has left.
// An invocation makes one unit; the equations are in lib/gru.wgsl. A row that is past its length keeps its state.
// Dispatch [ceil(HIDDEN_SIZE / WORKGROUP_SIZE), B, D].
// CPU twin: src/layers/gru.ts

override WORKGROUP_SIZE: u32;

@group(0) @binding(8) var<storage, read> gated: array<vec4f>;      // [D, B, 2, H/4]: r * h, then z

@compute @workgroup_size(WORKGROUP_SIZE)
fn gru_new(@builtin(global_invocation_id) global_id: vec3u) {
  let unit = global_id.x;
  let row = global_id.y;
  let direction = global_id.z;
  if (unit >= HIDDEN_SIZE || params.step >= lengths[row]) {
    return;
  }
  let gated_start = 2 * HIDDEN_VEC4S * (direction * params.batch_size + row);
  var w = recurrent_row(direction, unit) + 2 * TO_GATE;
  var sum = 0.0; // R_n (r * h), before the scale
  for (var k = 0u; k < HIDDEN_VEC4S; k++) {
    sum += dot(unpack(recurrent_weight[w]), gated[gated_start + k]);
    w += TO_NEXT;
  }
  let time_row = time_row_of(direction, row, params.step);
  let rows = gate_rows(direction, unit);
  let z = gated[gated_start + HIDDEN_VEC4S + unit / 4][unit % 4];
  let h = state[state_start(direction, row, params.step) + unit];
  let after = step_before(projected(time_row, rows).z, biased(vec3f(0, 0, sum), rows).z, z, h);
  write_step(direction, row, unit, after);
}
