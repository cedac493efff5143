// Four rows of a quad of columns. A weight of N rows and K columns is [N/4, K/4] of them, its rows padded with zeros: rows side
// by side are read side by side, and an invocation that makes four reads them at once, with one index to check.

alias WeightTile = array<WeightQuad, 4>;

// A column for each row, so that a quad of what the weight multiplies, times this, is a part of four sums.
fn columns_of(tile: WeightTile) -> mat4x4f {
  return mat4x4f(unpack(tile[0]), unpack(tile[1]), unpack(tile[2]), unpack(tile[3]));
}
