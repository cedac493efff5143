// Four weights of a row, as signed bytes; the row's scale multiplies the sum.
alias WeightQuad = u32;
const HAS_SCALE = true; // whether a row's sum is to be multiplied

fn unpack(quad: WeightQuad) -> vec4f {
  return vec4f((vec4i(bitcast<i32>(quad)) << vec4u(24, 16, 8, 0)) >> vec4u(24));
}
