// How a recurrent matrix lies: in tiles (lib/tile.wgsl), [D, H/4, 3, H/4, 4]. Four units' tiles of r come first, then those
// of z and of n, then those of the next four units.

override TO_Z: u32 = 4 * HIDDEN_VEC4S; // vec4s from a unit's row of r to that of z
override TO_N: u32 = 2 * TO_Z;         // and to that of n

// First vec4 of a unit's row of r.
fn recurrent_row(direction: u32, unit: u32) -> u32 {
  return row_start((direction * HIDDEN_VEC4S + unit / 4) * 12 + unit % 4, HIDDEN_VEC4S);
}
