// Inputs of a kernel that advances a layer from its projection: bindings 3 to 5, after those of lib/chunk.wgsl. Needs
// lib/layer.wgsl, lib/state.wgsl, lib/recurrent.wgsl, lib/tile.wgsl and one of lib/weight_*.wgsl, lib/gates_*.wgsl and
// lib/products_of_*.wgsl, where
//
//   products_of        is a part of R h of a unit, before the scale: vec4 `w` of its row of the first gate, and those of the
//                      other gates, times four of h;
//   products_of_units  of four units, but for units with four gates (lib/sums_in_pairs.wgsl), and products_of_rows of a unit of
//                      four rows, which read once what they share.

@group(0) @binding(3) var<storage, read> projection: array<f32>;              // [T, B, D G H], rows padded
@group(0) @binding(4) var<storage, read> recurrent_weight: array<WeightVec4>; // see lib/recurrent.wgsl
@group(0) @binding(5) var<storage, read> recurrent_bias: array<f32>;          // [2, D G H]: the bias, then the scale of each row, padded

// Elements of a row of gates.
fn row_of_gates() -> u32 {
  return padded(NUM_DIRECTIONS * NUM_GATES * HIDDEN_SIZE);
}

// x of a unit's gate rows.
fn projected(time_row: u32, rows: GateRows) -> Gates {
  return projection_at(time_row * row_of_gates() + rows);
}

// R h + c of a unit's gate rows, from R h before the scale.
fn biased(sums: Gates, rows: GateRows) -> Gates {
  return sums * bias_at(rows + row_of_gates()) + bias_at(rows);
}

// Four units' weights for four elements of h, a column for each unit.
fn tile_at(w: u32) -> mat4x4f {
  return mat4x4f(
    unpack(recurrent_weight[w]),
    unpack(recurrent_weight[w + 1]),
    unpack(recurrent_weight[w + 2]),
    unpack(recurrent_weight[w + 3]),
  );
}
