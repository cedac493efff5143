// Four units' weights for four elements of h, a column for each unit.
fn tile_at(w: u32) -> mat4x4f {
  return mat4x4f(
    unpack(recurrent_weight[w]),
    unpack(recurrent_weight[w + 1]),
    unpack(recurrent_weight[w + 2]),
    unpack(recurrent_weight[w + 3]),
  );
}
