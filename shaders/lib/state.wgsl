// A recurrent layer's state: binding 6.

@group(0) @binding(6) var<storage, read_write> state: array<f32>; // [slots, 2, S], from this layer's [D, H] on

// Four elements of a state. It is not an array of vec4f: a GPU may write all four to write one, and others write those.
fn state_vec4(start: u32, k: u32) -> vec4f {
  let i = start + 4 * k;
  return vec4f(state[i], state[i + 1], state[i + 2], state[i + 3]);
}
