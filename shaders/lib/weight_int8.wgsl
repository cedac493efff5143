// Four weights of a row, as signed bytes; the row's scale multiplies the sum.
alias WeightVec4 = u32;
const HAS_SCALE = true; // whether a row's sum is to be multiplied

fn unpack(four: WeightVec4) -> vec4f {
  return vec4f((vec4i(bitcast<i32>(four)) << vec4u(24, 16, 8, 0)) >> vec4u(24));
}
