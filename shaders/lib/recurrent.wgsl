// How the recurrent matrix of a layer lies: [D, H/4, H/4, 3, 4] quads. Of four units, the first quad of columns for r, for z
// and for n, then the next one: units side by side read side by side, and what an invocation reads of its gates is one run.

const TO_Z = 4u;     // quads from a unit's r to its z
const TO_N = 8u;     // and to its n
const TO_NEXT = 12u; // from a quad of columns to the next one

// A unit's first quad of r, where a row has `quads` of them.
fn first_quad(direction: u32, unit: u32, quads: u32) -> u32 {
  return (direction * quads + unit / 4) * quads * TO_NEXT + unit % 4;
}
