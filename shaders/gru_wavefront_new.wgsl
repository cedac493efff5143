// Second half of a wavefront through a stack of GRU layers, reset before: n and h', from what gru_wavefront.wgsl has left.
// The equations are in lib/gru.wgsl.
// Dispatch [ceil(HIDDEN_SIZE / WORKGROUP_SIZE), B, L].
// CPU twin: src/layers/gru.ts

override WORKGROUP_SIZE: u32;
override NUM_LAYERS: u32;

@group(0) @binding(3) var<storage, read> gated: array<f32>;        // [L, B, 3, H]: r * h, z and x_n, rows padded
@group(0) @binding(8) var<storage, read_write> output: array<f32>; // [T, B, H], of the last layer, rows padded

@compute @workgroup_size(WORKGROUP_SIZE)
fn gru_wavefront_new(@builtin(global_invocation_id) global_id: vec3u) {
  let unit = global_id.x;
  let row = global_id.y;
  let layer = global_id.z;
  if (unit >= HIDDEN_SIZE || params.step < layer || params.step - layer >= lengths[row]) {
    return;
  }
  let step = params.step - layer;
  current = program[FIRST_OPERATION + layer];
  let stride = 4 * HIDDEN_VEC4S;
  let start = 3 * stride * (layer * params.batch_size + row);
  let w = gate_row_of(2, unit);
  var sum = 0.0; // R_n (r * h), before the scale
  for (var k = 0u; k < HIDDEN_VEC4S; k++) {
    let i = start + 4 * k;
    let four = vec4f(gated[i], gated[i + 1], gated[i + 2], gated[i + 3]);
    sum += dot(unpack(weights[w + k * TO_NEXT]), four);
  }
  let recurrent = biased(sum, current.recurrent_bias + 2 * HIDDEN_SIZE + unit);
  let z = gated[start + stride + unit];
  let h = states[layer_state(layer, row, step) + unit];
  let after = step_before(gated[start + 2 * stride + unit], recurrent, z, h);
  states[layer_state(layer, row, step + 1) + unit] = after;
  if (layer == NUM_LAYERS - 1) {
    output[output_start(0, time_row_of(0, row, step)) + unit] = after;
  }
}
