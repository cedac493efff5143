// Four weights of a row, as f32.
alias WeightQuad = vec4f;

fn unpack(quad: WeightQuad) -> vec4f {
  return quad;
}
