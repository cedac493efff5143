// The equations of a GRU unit: reset r, update z, new n.
//
//   r = f(x_r + R_r h + c_r)
//   z = f(x_z + R_z h + c_z)
//   n = g(x_n + r * (R_n h + c_n))     reset after the product
//   n = g(x_n + R_n (r * h) + c_n)     reset before the product
//   h' = (1 - z) * n + z * h
//
// x = W x + b is the input projection, `recurrent` is R h + c. f and g are gate_activation and new_activation of one of
// lib/functions_*.wgsl.

// r or z.
fn gate(x: f32, recurrent: f32) -> f32 {
  return gate_activation(x + recurrent);
}

// h', reset after.
fn step_after(x: vec3f, recurrent: vec3f, h: f32) -> f32 {
  let r = gate(x.x, recurrent.x);
  let z = gate(x.y, recurrent.y);
  let n = new_activation(x.z + r * recurrent.z);
  return update(z, n, h);
}

// h', reset before: `recurrent_n` is R_n (r * h) + c_n.
fn step_before(x_n: f32, recurrent_n: f32, z: f32, h: f32) -> f32 {
  return update(z, new_activation(x_n + recurrent_n), h);
}

// mix() is not used: it need not give exactly h for z = 1.
fn update(z: f32, n: f32, h: f32) -> f32 {
  return (1.0 - z) * n + z * h;
}
