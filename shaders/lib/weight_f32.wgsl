// Four weights of a row, as f32.
alias WeightVec4 = vec4f;
const HAS_SCALE = false; // whether a row's sum is to be multiplied

fn unpack(four: WeightVec4) -> vec4f {
  return four;
}
