// How a recurrent matrix lies: in tiles (lib/tile.wgsl), [D, H/4, G, H/4, 4]. Four units' tiles of the first gate come first,
// then those of the next gates, then those of the next four units. Needs one of lib/gates_*.wgsl.

override TO_GATE: u32 = 4 * HIDDEN_VEC4S; // vec4s from a unit's row of a gate to that of the next gate

// First vec4 of a unit's row of the first gate.
fn recurrent_row(direction: u32, unit: u32) -> u32 {
  return row_start((direction * HIDDEN_VEC4S + unit / 4) * 4 * NUM_GATES + unit % 4, HIDDEN_VEC4S);
}

// A unit's rows of its gates, in the order [D, G, H].
fn gate_rows(direction: u32, unit: u32) -> GateRows {
  return direction * NUM_GATES * HIDDEN_SIZE + unit + ALL_GATES * HIDDEN_SIZE;
}
