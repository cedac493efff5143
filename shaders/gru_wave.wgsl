// One wave through a stack of reset-after GRU layers, each of which reads the one before: layer l makes step `wave` - l,
// beside layer l + 1 at the step before. T steps of L layers take T + L - 1 waves.
//
//   r = f(x_r + R_r h + c_r)
//   z = f(x_z + R_z h + c_z)
//   n = g(x_n + r * (R_n h + c_n))
//   h' = (1 - z) * n + z * h
//
// The first layer's x is its input projection (see gru_project.wgsl); any other's is W h' + b of the layer before, whose
// last wave made that h'. All layers are forward, of one size. WeightQuad and unpack come from lib/weight_*.wgsl, activate
// and limit from lib/activations.wgsl, Operation and state_of from lib/operation.wgsl, input_products and
// recurrent_product from lib/products.wgsl.
// Dispatch [ceil(HIDDEN_SIZE / WORKGROUP_SIZE), B, L].
// CPU twin: src/reference/gruStep.ts

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
@group(0) @binding(3) var<storage, read> projection: array<f32>;   // [T, B, 3H], rzn, of the first layer, rows padded to a multiple of 4
@group(0) @binding(4) var<storage, read> program: array<Operation>;
@group(0) @binding(5) var<storage, read> weights: array<WeightQuad>;
@group(0) @binding(6) var<storage, read> biases: array<f32>;       // the same buffer
@group(0) @binding(7) var<storage, read_write> states: array<f32>; // [slots, 2, S]
@group(0) @binding(8) var<storage, read_write> output: array<f32>; // [T, B, H], of the last layer, rows padded to a multiple of 4

@compute @workgroup_size(WORKGROUP_SIZE)
fn gru_wave(@builtin(global_invocation_id) global_id: vec3u, @builtin(num_workgroups) num_workgroups: vec3u) {
  let unit = global_id.x;
  let row = global_id.y;
  let layer = global_id.z;
  if (unit >= HIDDEN_SIZE || params.wave < layer || params.wave - layer >= lengths[row]) {
    return;
  }
  let step = params.wave - layer;
  let operation = program[FIRST_OPERATION + layer];
  let time_row = step * num_workgroups.y + row;
  var x: vec3f;
  if (layer == 0) {
    let start = time_row * ((3 * HIDDEN_SIZE + 3) / 4 * 4) + unit;
    x = vec3f(projection[start], projection[start + HIDDEN_SIZE], projection[start + 2 * HIDDEN_SIZE]);
  } else {
    let below = state_of(places[row], step + 1) + program[FIRST_OPERATION + layer - 1].state;
    x = input_products(operation, unit, below);
  }
  let h = state_of(places[row], step) + operation.state;
  let r = gate_of(operation, x.x + recurrent_product(operation, 0, unit, h));
  let z = gate_of(operation, x.y + recurrent_product(operation, 1, unit, h));
  let n = candidate_of(operation, x.z + r * recurrent_product(operation, 2, unit, h));
  let next = (1.0 - z) * n + z * states[h + unit]; // exactly the old state for z = 1, as mix need not be
  states[state_of(places[row], step + 1) + operation.state + unit] = next;
  if (layer == NUM_LAYERS - 1) {
    output[time_row * ((HIDDEN_SIZE + 3) / 4 * 4) + unit] = next;
  }
}
