// How a recurrent matrix lies: in tiles (lib/tile.wgsl), its rows in the order [D, H/4, 3, 4], of four units those of r, of z and
// of n, then of the next four.

override TO_Z: u32 = (HIDDEN_SIZE + 3) / 4 * 4; // quads from a unit's r to its z
override TO_N: u32 = 2 * TO_Z;                  // and to its n

// A unit's first quad of r, where a row has `quads` of them.
fn first_quad(direction: u32, unit: u32, quads: u32) -> u32 {
  return row_start((direction * quads + unit / 4) * 12 + unit % 4, quads);
}
