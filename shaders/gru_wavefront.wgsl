// One wavefront through a stack of GRU layers, each of which reads the one before: wavefront `params.step` makes step
// `params.step` - l of layer l, beside the step before of layer l + 1. T steps of L layers take T + L - 1 wavefronts.
// Where the reset comes before, this is the first half: gru_wavefront_new.wgsl makes the new state from what this leaves.
// The first layer's x is its input projection; any other layer's is W h' + b of the layer below, whose last wavefront made
// that h'. The equations are in lib/gru.wgsl.
// Dispatch [ceil(HIDDEN_SIZE / WORKGROUP_SIZE), B, L].
// CPU twin: src/layers/gru.ts

override WORKGROUP_SIZE: u32;
override NUM_LAYERS: u32;
override RESET_AFTER: bool;

@group(0) @binding(3) var<storage, read> projection: array<f32>;   // [T, B, 3H], of the first layer, rows padded
// Reset after: [T, B, H] of the last layer. Reset before: [L, B, 3, H] of r * h, z and x_n. Rows padded.
@group(0) @binding(8) var<storage, read_write> result: array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn gru_wavefront(@builtin(global_invocation_id) global_id: vec3u) {
  let unit = global_id.x;
  let row = global_id.y;
  let layer = global_id.z;
  if (unit >= HIDDEN_SIZE || params.step < layer || params.step - layer >= lengths[row]) {
    return;
  }
  let step = params.step - layer;
  current = program[FIRST_OPERATION + layer];
  let time_row = time_row_of(0, row, step);
  let x = input_of(layer, row, step, time_row, unit);
  let start = layer_state(layer, row, step);
  let h = states[start + unit];
  let recurrent = vec2f(recurrent_product(0, unit, start), recurrent_product(1, unit, start));
  if (RESET_AFTER) {
    let after = step_after(x, vec3f(recurrent, recurrent_product(2, unit, start)), h);
    states[layer_state(layer, row, step + 1) + unit] = after;
    if (layer == NUM_LAYERS - 1) {
      result[output_start(0, time_row) + unit] = after;
    }
  } else {
    let i = 12 * HIDDEN_VEC4S * (layer * params.batch_size + row) + unit;
    result[i] = gate(x.x, recurrent.x) * h;
    result[i + 4 * HIDDEN_VEC4S] = gate(x.y, recurrent.y);
    result[i + 8 * HIDDEN_VEC4S] = x.z;
  }
}

fn input_of(layer: u32, row: u32, step: u32, time_row: u32, unit: u32) -> vec3f {
  if (layer > 0) {
    return input_products(unit, layer_state(layer - 1, row, step + 1));
  }
  let i = time_row * padded(3 * HIDDEN_SIZE) + gate_rows(0, unit);
  return vec3f(projection[i.x], projection[i.y], projection[i.z]);
}
