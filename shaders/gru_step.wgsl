// One GRU time step, reset-after: h[t-1] -> h[t] for every batch row. Each invocation makes one unit of one row.
//
//   r = sigmoid(x_r + R_r h + c_r)
//   z = sigmoid(x_z + R_z h + c_z)
//   n = tanh(x_n + r * (R_n h + c_n))
//   h' = (1 - z) * n + z * h
//
// x_* is the input projection of this step, bias included (see gru_project.wgsl).
// Dispatch [ceil(HIDDEN_SIZE / WORKGROUP_SIZE), B, 1].
// CPU twin: src/reference/gruStep.ts

override WORKGROUP_SIZE: u32;
override HIDDEN_SIZE: u32;

struct Params {
  first_row: u32, // row of `projection` and `output` where this step begins
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> projection: array<f32>;         // [T, B, 3H], rzn, rows padded to a multiple of 4
@group(0) @binding(2) var<storage, read> recurrent_weight: array<vec4f>; // [3H, H/4], rzn
@group(0) @binding(3) var<storage, read> recurrent_bias: array<f32>;     // [3H], rzn
@group(0) @binding(4) var<storage, read> state: array<vec4f>;            // [B, H/4]
@group(0) @binding(5) var<storage, read_write> next_state: array<f32>;   // [B, H], rows padded to a multiple of 4
@group(0) @binding(6) var<storage, read_write> output: array<f32>;       // [T, B, H], rows padded to a multiple of 4

@compute @workgroup_size(WORKGROUP_SIZE)
fn gru_step(@builtin(global_invocation_id) global_id: vec3u) {
  let unit = global_id.x;
  if (unit >= HIDDEN_SIZE) {
    return;
  }
  let quads = (HIDDEN_SIZE + 3) / 4;
  let row = global_id.y;
  let row_start = row * quads;
  var w = unit * quads;
  let gate_stride = HIDDEN_SIZE * quads;
  var recurrent = vec3f(); // R_r h, R_z h, R_n h
  for (var k = 0u; k < quads; k++) {
    let h = state[row_start + k];
    recurrent += vec3f(
      dot(recurrent_weight[w], h),
      dot(recurrent_weight[w + gate_stride], h),
      dot(recurrent_weight[w + 2 * gate_stride], h),
    );
    w++;
  }
  let x = (params.first_row + row) * ((3 * HIDDEN_SIZE + 3) / 4 * 4) + unit;
  let r = sigmoid(projection[x] + recurrent.x + recurrent_bias[unit]);
  let z = sigmoid(projection[x + HIDDEN_SIZE] + recurrent.y + recurrent_bias[unit + HIDDEN_SIZE]);
  let n = safe_tanh(projection[x + 2 * HIDDEN_SIZE] + r * (recurrent.z + recurrent_bias[unit + 2 * HIDDEN_SIZE]));
  let next = mix(n, state[row_start + unit / 4][unit % 4], z);
  next_state[row * quads * 4 + unit] = next;
  output[(params.first_row + row) * quads * 4 + unit] = next;
}
