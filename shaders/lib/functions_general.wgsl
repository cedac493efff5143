// Any activations for the gates and the new state, after an optional clip. Needs activations.wgsl.

override GATE_FUNCTION: u32;
override GATE_ALPHA: f32;
override GATE_BETA: f32;
override NEW_FUNCTION: u32;
override NEW_ALPHA: f32;
override NEW_BETA: f32;
override CLIP: f32; // the largest f32 for none

fn gate_activation(x: f32) -> f32 {
  return activate(GATE_FUNCTION, GATE_ALPHA, GATE_BETA, limit(x, -CLIP, CLIP));
}

fn new_activation(x: f32) -> f32 {
  return activate(NEW_FUNCTION, NEW_ALPHA, NEW_BETA, limit(x, -CLIP, CLIP));
}
