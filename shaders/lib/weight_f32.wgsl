// Four weights of a row, as f32.
alias WeightQuad = vec4f;
const HAS_SCALE = false; // whether a row's sum is to be multiplied

fn unpack(quad: WeightQuad) -> vec4f {
  return quad;
}
