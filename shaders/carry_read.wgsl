// A carried state, as the output of a step, for every batch row.
//
//   output[t, row] = state(row, t)
//
// Dispatch [ceil(SIZE / WORKGROUP_SIZE), B, 1].
// CPU twin: src/layers/carry.ts

override WORKGROUP_SIZE: u32;
override SIZE: u32;

@group(0) @binding(3) var<storage, read> state: array<f32>;        // [slots, 2, S], from this layer's on
@group(0) @binding(4) var<storage, read_write> output: array<f32>; // [T, B, SIZE], rows padded

@compute @workgroup_size(WORKGROUP_SIZE)
fn carry_read(@builtin(global_invocation_id) global_id: vec3u) {
  let i = global_id.x;
  let row = global_id.y;
  if (i >= SIZE || params.step >= lengths[row]) {
    return;
  }
  output[(params.first_row + row) * padded(SIZE) + i] = state[state_of(row, params.step) + i];
}
