// Embedding: index -> row of a table, for every row.
//
//   output[row] = weight[index[row]] * scale[index[row]]
//
// WeightQuad and unpack come from lib/weight_*.wgsl.
// Dispatch [ceil(EMBEDDING_SIZE / 4 / WORKGROUP_SIZE), rows, 1].
// CPU twin: src/reference/embedding.ts

override WORKGROUP_SIZE: u32;
override EMBEDDING_SIZE: u32;

struct Params {
  first_row: u32, // of this dispatch
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> index: array<u32>;          // [rows], each inside the table
@group(0) @binding(2) var<storage, read> weight: array<WeightQuad>;  // [V, E/4]
@group(0) @binding(3) var<storage, read> scale: array<f32>;          // [V], 1 unless int8
@group(0) @binding(4) var<storage, read_write> output: array<vec4f>; // [rows, E/4]

@compute @workgroup_size(WORKGROUP_SIZE)
fn embedding(@builtin(global_invocation_id) global_id: vec3u) {
  let quads = (EMBEDDING_SIZE + 3) / 4;
  let quad = global_id.x;
  if (quad >= quads) {
    return;
  }
  let row = params.first_row + global_id.y;
  let table_row = index[row];
  output[row * quads + quad] = scale[table_row] * unpack(weight[table_row * quads + quad]);
}
