// Where a step's new state goes: binding 7, and the state that the next step reads. Needs one of lib/unit_*.wgsl.

@group(0) @binding(7) var<storage, read_write> output: array<f32>; // [T, B, D H], rows padded

fn write_step(direction: u32, row: u32, unit: u32, after: Unit) {
  put_unit(state_start(direction, row, params.step + 1), unit, after);
  output[output_start(direction, time_row_of(direction, row, params.step)) + unit] = h_of(after);
}
