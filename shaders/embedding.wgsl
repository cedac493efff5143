// Embedding: index -> row of a table, for every row.
//
//   output[row] = weight[index[row]] * scale[index[row]]
//
// WeightVec4 and unpack come from lib/weight_*.wgsl.
// Dispatch [ceil(EMBEDDING_SIZE / 4 / WORKGROUP_SIZE), rows, 1].
// CPU twin: src/layers/embedding.ts

override WORKGROUP_SIZE: u32;
override EMBEDDING_SIZE: u32;

@group(0) @binding(1) var<storage, read> index: array<u32>;          // [rows], each inside the table
@group(0) @binding(2) var<storage, read> weight: array<WeightVec4>;  // [V, E/4]
@group(0) @binding(3) var<storage, read> scale: array<f32>;          // [V], 1 unless int8
@group(0) @binding(4) var<storage, read_write> output: array<vec4f>; // [rows, E/4]

@compute @workgroup_size(WORKGROUP_SIZE)
fn embedding(@builtin(global_invocation_id) global_id: vec3u) {
  let row_vec4s = vec4s(EMBEDDING_SIZE);
  let i = global_id.x;
  if (i >= row_vec4s) {
    return;
  }
  let row = params.first_row + global_id.y;
  let table_row = index[row];
  output[row * row_vec4s + i] = scale[table_row] * unpack(weight[table_row * row_vec4s + i]);
}
