// First half of a wave through a stack of reset-before GRU layers (see gru_wave.wgsl): r and z, the reset state r * h that
// every unit of the second half reads (gru_wave_new.wgsl), and x_n.
//
//   r = f(x_r + R_r h + c_r)
//   z = f(x_z + R_z h + c_z)
//
// Dispatch [ceil(HIDDEN_SIZE / WORKGROUP_SIZE), B, L].
// CPU twin: src/reference/gruGates.ts

override WORKGROUP_SIZE: u32;
override HIDDEN_SIZE: u32;
override FIRST_OPERATION: u32; // the first layer's in `program`

struct Params {
  first_row: u32,
  wave: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> lengths: array<u32>;     // [B]
@group(0) @binding(2) var<storage, read> places: array<u32>;      // [B], see lib/operation.wgsl
@group(0) @binding(3) var<storage, read> projection: array<f32>;  // [T, B, 3H], rzn, of the first layer, rows padded to a multiple of 4
@group(0) @binding(4) var<storage, read> program: array<Operation>;
@group(0) @binding(5) var<storage, read> weights: array<WeightQuad>;
@group(0) @binding(6) var<storage, read> biases: array<f32>;      // the same buffer
@group(0) @binding(7) var<storage, read> states: array<f32>;      // [slots, 2, S]
@group(0) @binding(8) var<storage, read_write> gated: array<f32>; // [L, B, 3, H]: r * h, z and x_n, rows padded to a multiple of 4

@compute @workgroup_size(WORKGROUP_SIZE)
fn gru_wave_gates(@builtin(global_invocation_id) global_id: vec3u, @builtin(num_workgroups) num_workgroups: vec3u) {
  let unit = global_id.x;
  let row = global_id.y;
  let layer = global_id.z;
  if (unit >= HIDDEN_SIZE || params.wave < layer || params.wave - layer >= lengths[row]) {
    return;
  }
  let step = params.wave - layer;
  let operation = program[FIRST_OPERATION + layer];
  var x: vec3f;
  if (layer == 0) {
    let start = (step * num_workgroups.y + row) * ((3 * HIDDEN_SIZE + 3) / 4 * 4) + unit;
    x = vec3f(projection[start], projection[start + HIDDEN_SIZE], projection[start + 2 * HIDDEN_SIZE]);
  } else {
    let below = state_of(places[row], step + 1) + program[FIRST_OPERATION + layer - 1].state;
    x = input_products(operation, unit, below);
  }
  let h = state_of(places[row], step) + operation.state;
  let r = gate_of(operation, x.x + recurrent_product(operation, 0, unit, h));
  let z = gate_of(operation, x.y + recurrent_product(operation, 1, unit, h));
  let stride = (HIDDEN_SIZE + 3) / 4 * 4;
  let start = 3 * stride * (layer * num_workgroups.y + row) + unit;
  gated[start] = r * states[h + unit];
  gated[start + stride] = z;
  gated[start + 2 * stride] = x.z;
}
