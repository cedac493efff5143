// R h of four units, of up to three gates: all gates in one loop, which reads the state once. Needs a kernel's h_vec4.

// One lane's part; the first unit's row of the first gate begins at vec4 `first`, its state at element `start`.
fn sums_of_units(first: u32, start: u32, lane: u32, lanes: u32) -> FourGates {
  var sums = FourGates();
  for (var k = lane; k < HIDDEN_VEC4S; k += lanes) {
    sums += products_of_units(first + k * TO_NEXT, h_vec4(start, k));
  }
  return sums;
}
