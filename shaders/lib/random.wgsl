// A uniform number in [0, 1) for each counter: the same here and in src/model/randomNumber.ts, bit for bit. This is
// pcg3d of Jarzynski and Olano, "Hash Functions for GPU Rendering", 2020.
fn random_number(seed: u32, stream: u32, position: u32) -> f32 {
  var v = vec3u(seed, stream, position) * 1664525u + 1013904223u;
  v.x += v.y * v.z;
  v.y += v.z * v.x;
  v.z += v.x * v.y;
  v ^= v >> vec3u(16);
  v.x += v.y * v.z;
  v.y += v.z * v.x;
  v.z += v.x * v.y;
  return f32(v.z >> 8) / 16777216.0; // 24 bits, which f32 holds
}
