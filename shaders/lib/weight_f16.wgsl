// Four weights of a row, as f16 packed in u32: needs no shader-f16, which not every GPU offers.
alias WeightVec4 = vec2u;
const HAS_SCALE = false; // whether a row's sum is to be multiplied

fn unpack(four: WeightVec4) -> vec4f {
  return vec4f(unpack2x16float(four.x), unpack2x16float(four.y));
}
