// How a weight of N rows and K columns lies: as [N/4, K/4] tiles, each of four rows of four columns; rows past N are zero.
// Units side by side are read side by side, and an invocation that makes four reads them at once, with one index to check.

alias WeightTile = array<WeightVec4, 4>;

const TO_NEXT = 4u; // vec4s from one of a row to its next one

// A row's first vec4, where it has `row_vec4s` of them.
fn row_start(row: u32, row_vec4s: u32) -> u32 {
  return row / 4 * row_vec4s * 4 + row % 4;
}

// A column for each row of the tile: four elements of x times this are a part of four sums.
fn columns_of(tile: WeightTile) -> mat4x4f {
  return mat4x4f(unpack(tile[0]), unpack(tile[1]), unpack(tile[2]), unpack(tile[3]));
}
