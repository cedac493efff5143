// How a weight of N rows and K columns lies: as [N/4, K/4] tiles, each of four rows of a quad of columns, rows past N being zero.
// Rows side by side are read side by side, and an invocation that makes four reads them at once, with one index to check.

alias WeightTile = array<WeightQuad, 4>;

const TO_NEXT = 4u; // quads from one of a row to the next one

// A row's first quad, where it has `quads` of them.
fn row_start(row: u32, quads: u32) -> u32 {
  return row / 4 * quads * 4 + row % 4;
}

// A column for each row, so that a quad of what the weight multiplies, times this, is a part of four sums.
fn columns_of(tile: WeightTile) -> mat4x4f {
  return mat4x4f(unpack(tile[0]), unpack(tile[1]), unpack(tile[2]), unpack(tile[3]));
}
