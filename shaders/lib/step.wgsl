// Inputs of a kernel that advances a layer from its projection: bindings 3 to 5, after those of lib/chunk.wgsl. Needs
// lib/layer.wgsl, lib/state.wgsl, lib/recurrent.wgsl, lib/tile.wgsl and one of lib/weight_*.wgsl.

@group(0) @binding(3) var<storage, read> projection: array<f32>;              // [T, B, D 3H], rows padded
@group(0) @binding(4) var<storage, read> recurrent_weight: array<WeightVec4>; // see lib/recurrent.wgsl
@group(0) @binding(5) var<storage, read> recurrent_bias: array<f32>;          // [2, D 3H]: c, then the scale of each row, padded

// A part of R_r h, R_z h and R_n h of a unit, before the scale: vec4 `w` of its row of r, and those of z and n, times four of h.
fn products_of(w: u32, h: vec4f) -> vec3f {
  return vec3f(
    dot(unpack(recurrent_weight[w]), h),
    dot(unpack(recurrent_weight[w + TO_Z]), h),
    dot(unpack(recurrent_weight[w + TO_N]), h),
  );
}

// x of three gate rows.
fn projected(time_row: u32, rows: vec3u) -> vec3f {
  let i = time_row * padded(NUM_DIRECTIONS * 3 * HIDDEN_SIZE) + rows;
  return vec3f(projection[i.x], projection[i.y], projection[i.z]);
}

// R h + c of three gate rows, from R h before the scale.
fn biased(sums: vec3f, rows: vec3u) -> vec3f {
  return sums * bias_at(rows + padded(NUM_DIRECTIONS * 3 * HIDDEN_SIZE)) + bias_at(rows);
}

fn bias_at(i: vec3u) -> vec3f {
  return vec3f(recurrent_bias[i.x], recurrent_bias[i.y], recurrent_bias[i.z]);
}
