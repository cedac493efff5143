// R h of four units, of four gates: two gates in each of two loops. With all in one, a software adapter has more sums under way
// than registers, and takes a sixth longer. Needs a kernel's h_vec4.

// One lane's part; the first unit's row of the first gate begins at vec4 `first`, its state at element `start`.
fn sums_of_units(first: u32, start: u32, lane: u32, lanes: u32) -> FourGates {
  var sums = FourGates();
  for (var gate = 0u; gate < NUM_GATES; gate += 2) {
    var one = vec4f();
    var other = vec4f();
    for (var k = lane; k < HIDDEN_VEC4S; k += lanes) {
      let h = h_vec4(start, k);
      let w = first + gate * TO_GATE + k * TO_NEXT;
      one += h * tile_at(w);
      other += h * tile_at(w + TO_GATE);
    }
    sums[gate] = one;
    sums[gate + 1] = other;
  }
  return sums;
}
