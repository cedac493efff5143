// Second half of a wave through a stack of reset-before GRU layers: n, and the z-blend, from what gru_wave_gates.wgsl left.
//
//   n = g(x_n + R_n (r * h) + c_n)
//   h' = (1 - z) * n + z * h
//
// TO_NEXT comes from lib/tile.wgsl, the rest as in gru_wave_gates.wgsl.
// Dispatch [ceil(HIDDEN_SIZE / WORKGROUP_SIZE), B, L].
// CPU twin: src/reference/gruNew.ts

override WORKGROUP_SIZE: u32;
override HIDDEN_SIZE: u32;
override NUM_LAYERS: u32;
override FIRST_OPERATION: u32; // the first layer's in `program`

struct Params {
  first_row: u32,
  wave: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> lengths: array<u32>;      // [B]
@group(0) @binding(2) var<storage, read> places: array<u32>;       // [B], see lib/operation.wgsl
@group(0) @binding(3) var<storage, read> gated: array<f32>;        // [L, B, 3, H]: r * h, z and x_n, rows padded to a multiple of 4
@group(0) @binding(4) var<storage, read> program: array<Operation>;
@group(0) @binding(5) var<storage, read> weights: array<WeightQuad>;
@group(0) @binding(6) var<storage, read> biases: array<f32>;       // the same buffer
@group(0) @binding(7) var<storage, read_write> states: array<f32>; // [slots, 2, S]
@group(0) @binding(8) var<storage, read_write> output: array<f32>; // [T, B, H], of the last layer, rows padded to a multiple of 4

@compute @workgroup_size(WORKGROUP_SIZE)
fn gru_wave_new(@builtin(global_invocation_id) global_id: vec3u, @builtin(num_workgroups) num_workgroups: vec3u) {
  let unit = global_id.x;
  let row = global_id.y;
  let layer = global_id.z;
  if (unit >= HIDDEN_SIZE || params.wave < layer || params.wave - layer >= lengths[row]) {
    return;
  }
  let step = params.wave - layer;
  let operation = program[FIRST_OPERATION + layer];
  let stride = (HIDDEN_SIZE + 3) / 4 * 4;
  let start = 3 * stride * (layer * num_workgroups.y + row);
  let gate_row = 2 * HIDDEN_SIZE + unit; // of n
  let quads = stride / 4;
  let w = operation.recurrent_weight + first_quad(0, unit, quads) + TO_N;
  var sum = 0.0; // R_n (r * h), before the scale
  for (var k = 0u; k < quads; k++) {
    let i = start + 4 * k;
    let quad = vec4f(gated[i], gated[i + 1], gated[i + 2], gated[i + 3]);
    sum += dot(unpack(weights[w + k * TO_NEXT]), quad);
  }
  let bias = operation.recurrent_bias + gate_row;
  let recurrent = sum * biases[bias + operation.bias_rows] + biases[bias];
  let n = candidate_of(operation, gated[start + 2 * stride + unit] + recurrent);
  let z = gated[start + stride + unit];
  let h = states[state_of(places[row], step) + operation.state + unit];
  let next = (1.0 - z) * n + z * h; // exactly h for z = 1, as mix need not be
  states[state_of(places[row], step + 1) + operation.state + unit] = next;
  if (layer == NUM_LAYERS - 1) {
    output[(step * num_workgroups.y + row) * stride + unit] = next;
  }
}
