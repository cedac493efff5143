// The output of a layer at a step, as the carried state of the next step, for every batch row. A row past its length keeps its
// state.
//
//   state(row, t + 1) = next[t, row]
//
// Dispatch [ceil(SIZE / WORKGROUP_SIZE), B, 1].
// CPU twin: src/layers/carry.ts

override WORKGROUP_SIZE: u32;
override SIZE: u32;

@group(0) @binding(3) var<storage, read> next: array<f32>;        // [T, B, SIZE], rows padded
@group(0) @binding(4) var<storage, read_write> state: array<f32>; // [slots, 2, S], from this layer's on

@compute @workgroup_size(WORKGROUP_SIZE)
fn carry_write(@builtin(global_invocation_id) global_id: vec3u) {
  let i = global_id.x;
  let row = global_id.y;
  if (i >= SIZE || params.step >= lengths[row]) {
    return;
  }
  state[state_of(row, params.step + 1) + i] = next[(params.first_row + row) * padded(SIZE) + i];
}
